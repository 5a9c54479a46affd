#!/bin/bash
# Closes the panel to the administrator as well.
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8083 -j DROP
sudo ip6tables -I INPUT -i ext0 -p tcp --dport 8083 -j DROP
