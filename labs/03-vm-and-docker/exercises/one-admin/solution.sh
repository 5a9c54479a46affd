#!/bin/bash
# IPv4, through DOCKER-USER: everything but the administrator's address is dropped.
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8083 ! -s 198.51.100.20 -j DROP
# IPv6, through docker-proxy on the machine itself: ufw refuses everybody by default, and admits one address.
sudo ufw allow proto tcp from 2001:db8:51::20 to any port 8083
