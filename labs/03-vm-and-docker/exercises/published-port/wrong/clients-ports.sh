#!/bin/bash
# "Clients use the ports from 1024 on." Not those who do not want to.
sudo ufw delete allow 8081/tcp
sudo iptables -I DOCKER-USER -i ext0 -p tcp --sport 1024:65535 -m conntrack --ctorigdstport 8081 -j DROP
