#!/bin/bash
# Port 80 inside is also the shop's: every container that listens on 80 is closed.
sudo ufw delete allow 8081/tcp
sudo iptables -I DOCKER-USER -i ext0 -p tcp --dport 80 -j DROP
