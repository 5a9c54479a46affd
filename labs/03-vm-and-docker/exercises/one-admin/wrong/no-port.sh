#!/bin/bash
# Drops everything from other addresses, whatever it is for: the shop has one customer left.
sudo iptables -I DOCKER-USER -i ext0 ! -s 198.51.100.20 -j DROP
sudo ufw allow proto tcp from 2001:db8:51::20 to any port 8083
