#!/bin/bash
# Closed at every address, for everybody: the guards are in the dark.
sudo iptables -I DOCKER-USER -o br-museum -p tcp -m conntrack --ctorigdstport 8082 -j DROP
sudo ip6tables -I INPUT ! -i lo -p tcp --dport 8082 -j DROP
