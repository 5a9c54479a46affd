#!/bin/bash
# By the ranges that containers have addresses of. Over IPv6 that is the one that the cellar has; a new network brings its own.
sudo iptables -I INPUT -s 172.16.0.0/12 -p tcp --dport 8082 -j DROP
sudo ip6tables -I INPUT -s 2001:db8:7:4::/64 -p tcp --dport 8082 -j DROP
