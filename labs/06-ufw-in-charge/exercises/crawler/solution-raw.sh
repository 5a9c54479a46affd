#!/bin/bash
# In the first table of all, where port 8080 is still port 8080. It stays over a reload, because ufw does not use it.
sudo iptables -t raw -A PREROUTING -s 198.51.100.64/28 -p tcp --dport 8080 -m addrtype --dst-type LOCAL -j DROP
sudo ip6tables -t raw -A PREROUTING -s 2001:db8:51:0:66::/80 -p tcp --dport 8080 -m addrtype --dst-type LOCAL -j DROP
