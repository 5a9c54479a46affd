#!/bin/bash
# The guests do not get each other's pages. What else a guest's container listens on is open as before.
sudo modprobe br_netfilter # in a system container it is the host's business, and done
sudo iptables -I DOCKER-USER -i br-guests -o br-guests -p tcp --dport 80 -j DROP
sudo iptables -t raw -I PREROUTING -i br-guests -p tcp -m multiport --dports 8101,8102 -m addrtype --dst-type LOCAL -j DROP
