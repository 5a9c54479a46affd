#!/bin/bash
# With what ufw has: after.rules is loaded with the firewall, before Docker starts; Docker keeps rules that it finds in
# DOCKER-USER. For IPv6 ufw's own rules are enough, because docker-proxy is a program of the machine.
sudo tee -a /etc/ufw/after.rules >/dev/null <<'RULES'
*filter
:DOCKER-USER - [0:0]
-A DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -j DROP
-A DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8083 ! -s 198.51.100.20 -j DROP
COMMIT
RULES
sudo ufw allow from 2001:db8:51::20 to any port 8083 proto tcp
