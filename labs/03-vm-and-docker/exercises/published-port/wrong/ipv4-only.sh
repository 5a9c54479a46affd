#!/bin/bash
# The right rule for IPv4; over IPv6 ufw still lets strangers in to docker-proxy.
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -j DROP
