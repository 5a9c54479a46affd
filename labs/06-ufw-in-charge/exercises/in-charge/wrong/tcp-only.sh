#!/bin/bash
# Closed for TCP, as if nothing else could be published. The jukebox has a remote control, which speaks UDP.
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctstate NEW -j DROP
sudo iptables -I DOCKER-USER -i ext0 -s 198.51.100.20 -p tcp -m conntrack --ctorigdstport 8081 -j RETURN
