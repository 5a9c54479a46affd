#!/bin/bash
# A network instead of an address: strangers live in it as well.
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8083 ! -s 198.51.100.0/24 -j DROP
sudo ufw allow proto tcp from 2001:db8:51::20 to any port 8083
