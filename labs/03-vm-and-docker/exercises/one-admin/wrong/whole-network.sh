#!/bin/bash
# Admits the whole network that the strangers come from.
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8083 ! -s 198.51.100.0/24 -j DROP
sudo ip6tables -I INPUT -i ext0 -p tcp --dport 8083 ! -s 2001:db8:51::/64 -j DROP
sudo ip6tables -I INPUT -i ext0 -p tcp --dport 8083 -s 2001:db8:51::/64 -j ACCEPT
