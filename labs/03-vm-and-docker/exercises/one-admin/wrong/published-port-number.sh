#!/bin/bash
# DOCKER-USER sees port 80, not 8083: the rule never matches.
sudo iptables -I DOCKER-USER -i ext0 -p tcp --dport 8083 ! -s 198.51.100.20 -j DROP
sudo ip6tables -I INPUT -i ext0 -p tcp --dport 8083 -j DROP
sudo ip6tables -I INPUT -i ext0 -p tcp --dport 8083 -s 2001:db8:51::20 -j ACCEPT
