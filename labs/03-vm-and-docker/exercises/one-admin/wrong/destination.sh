#!/bin/bash
# Sender and receiver mixed up: no packet to the panel has the administrator as its destination, so all are dropped.
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8083 ! -d 198.51.100.20 -j DROP
sudo ufw allow proto tcp from 2001:db8:51::20 to any port 8083
