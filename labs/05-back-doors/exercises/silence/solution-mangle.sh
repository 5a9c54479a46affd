#!/bin/bash
# IPv4 in the table mangle, before Docker rewrites the destination. IPv6 in INPUT, with a chain of its own.
sudo iptables -t mangle -A PREROUTING ! -i lo ! -s 198.51.100.20 -p udp --dport 5140 -j DROP
sudo ip6tables -N COUNTER
sudo ip6tables -A COUNTER -i lo -j RETURN
sudo ip6tables -A COUNTER -s 2001:db8:51::20 -j RETURN
sudo ip6tables -A COUNTER -j DROP
sudo ip6tables -I INPUT -p udp --dport 5140 -j COUNTER
