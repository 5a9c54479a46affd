#!/bin/bash
# Right for IPv4; over IPv6 docker-proxy answers, because ufw was told to let it.
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -j DROP
sudo ufw allow 8081/tcp
