#!/bin/bash
# In DOCKER-USER the destination port is the container's already.
sudo iptables -I DOCKER-USER -i ext0 -p tcp --dport 8081 -j DROP
sudo ip6tables -I INPUT -i ext0 -p tcp --dport 8081 -j DROP
