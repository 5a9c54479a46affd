#!/bin/bash
# Refuses strangers that come in from the internet. Those in the house come in elsewhere.
sudo iptables -I DOCKER-USER -i ext0 -p udp -m conntrack --ctorigdstport 5140 ! -s 198.51.100.20 -j DROP
sudo ip6tables -I INPUT -i ext0 -p udp --dport 5140 ! -s 2001:db8:51::20 -j DROP
