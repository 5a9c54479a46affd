#!/bin/bash
# Drops whatever is passed on: the shop and all answers to containers.
sudo iptables -I DOCKER-USER -j DROP
sudo ip6tables -I INPUT -i ext0 -p tcp --dport 8081 -j DROP
