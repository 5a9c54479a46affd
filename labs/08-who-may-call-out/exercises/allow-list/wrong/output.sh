#!/bin/bash
# The right list in the wrong chain: it holds for the machine itself, and the container never meets it.
sudo iptables -I OUTPUT -o ext0 -m conntrack --ctstate NEW -j DROP
sudo iptables -I OUTPUT -o ext0 -d 198.51.100.30 -p tcp --dport 443 -j ACCEPT
sudo ip6tables -I OUTPUT -o ext0 -m conntrack --ctstate NEW -j DROP
sudo ip6tables -I OUTPUT -o ext0 -d 2001:db8:51::30 -p tcp --dport 443 -j ACCEPT
