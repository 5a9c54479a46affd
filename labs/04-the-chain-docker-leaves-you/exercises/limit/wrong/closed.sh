#!/bin/bash
# Admits one network, and nobody else ever.
sudo iptables -I DOCKER-USER -i ext0 ! -s 198.51.100.96/28 -p tcp -m conntrack --ctorigdstport 8082 -j DROP
sudo ip6tables -I DOCKER-USER -i ext0 ! -s 2001:db8:51::a:0/112 -p tcp -m conntrack --ctorigdstport 8082 -j DROP
