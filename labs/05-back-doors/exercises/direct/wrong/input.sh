#!/bin/bash
# The container's address is none of the machine's, so the packet passes FORWARD and not INPUT.
sudo iptables -I INPUT ! -i lo -d 172.30.0.0/16 -j DROP
sudo ip6tables -I INPUT ! -i lo -d 2001:db8:5::/48 -j DROP
