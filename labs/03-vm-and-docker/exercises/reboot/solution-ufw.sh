#!/bin/bash
# ufw loads this before Docker starts; Docker finds the chain there and keeps what is in it.
sudo tee -a /etc/ufw/after.rules >/dev/null <<'RULES'

# The shop: published ports that are not for everybody
*filter
:DOCKER-USER - [0:0]
-A DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -j DROP
-A DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8083 ! -s 198.51.100.20 -j DROP
-A DOCKER-USER -j RETURN
COMMIT
RULES
sudo ufw reload
