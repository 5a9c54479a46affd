#!/bin/bash
# In the table mangle, before the destination is rewritten (its PREROUTING comes first), and for every packet.
sudo iptables -t mangle -A PREROUTING -s 198.51.100.77 -p tcp --dport 8000 -j DROP
sudo ip6tables -t mangle -A PREROUTING -s 2001:db8:51::77 -p tcp --dport 8000 -j DROP
