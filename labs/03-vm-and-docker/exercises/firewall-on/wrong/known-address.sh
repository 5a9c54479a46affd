#!/bin/bash
# What is addressed to 198.51.100.1 is closed. The machine has an address on each of Docker's bridges as well.
sudo iptables -A INPUT -d 198.51.100.1 -p tcp -m multiport --dports 22,8080 -j ACCEPT
sudo iptables -A INPUT -d 198.51.100.1 -m conntrack --ctstate NEW -j DROP
sudo ip6tables -A INPUT -i ext0 -p tcp -m multiport --dports 22,8080 -j ACCEPT
sudo ip6tables -A INPUT -i ext0 -m conntrack --ctstate NEW ! -p ipv6-icmp -j DROP
