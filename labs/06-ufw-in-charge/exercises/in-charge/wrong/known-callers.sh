#!/bin/bash
# Closed for everybody, and the answers of the one whom the website calls are let in. Containers call others, too.
sudo iptables -I DOCKER-USER -i ext0 -j DROP
sudo iptables -I DOCKER-USER -i ext0 -s 198.51.100.30 -m conntrack --ctstate ESTABLISHED -j RETURN
sudo iptables -I DOCKER-USER -i ext0 -d 192.168.56.0/24 -m conntrack --ctstate ESTABLISHED -j RETURN
sudo iptables -I DOCKER-USER -i ext0 -s 198.51.100.20 -p tcp -m conntrack --ctorigdstport 8081 -j RETURN
