#!/bin/bash
# Appended behind Docker's rules, which accept the packet first.
sudo iptables -A FORWARD -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -j DROP
sudo ip6tables -I INPUT -i ext0 -p tcp --dport 8081 -j DROP
