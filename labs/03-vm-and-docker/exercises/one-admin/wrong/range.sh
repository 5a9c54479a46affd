#!/bin/bash
# From the administrator's address on. Whoever has the next one gets in as well.
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8083 -j DROP
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8083 \
    -m iprange --src-range 198.51.100.20-198.51.100.29 -j RETURN
sudo ufw allow proto tcp from 2001:db8:51::20 to any port 8083
