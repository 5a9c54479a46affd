#!/bin/bash
# In DOCKER-USER the destination is the container's port 80 already: nothing there ever goes to 8081.
sudo ufw delete allow 8081/tcp
sudo iptables -I DOCKER-USER -i ext0 -p tcp --dport 8081 -j DROP
