#!/bin/bash
# By hand, without ufw. The last one typed stands on top: the owner first, then nobody else who begins a connection.
sudo iptables -I DOCKER-USER -i ext0 -m conntrack --ctstate NEW -j DROP
sudo iptables -I DOCKER-USER -i ext0 -s 198.51.100.20 -p tcp -m conntrack --ctorigdstport 8081 -j RETURN
