#!/bin/bash
# Appended, so it stands after RETURN and is never asked (and IPv6 is forgotten).
sudo iptables -A DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -j DROP
