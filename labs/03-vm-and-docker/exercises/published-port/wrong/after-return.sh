#!/bin/bash
# Appended to DOCKER-USER behind the RETURN that ends it.
sudo iptables -A DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -j DROP
sudo ip6tables -I INPUT -i ext0 -p tcp --dport 8081 -j DROP
