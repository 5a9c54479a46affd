#!/bin/bash
# Runs when somebody logs in; after a power cut at night nobody does.
cat >>~/.profile <<'RULES'
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -j DROP
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8083 ! -s 198.51.100.20 -j DROP
RULES
