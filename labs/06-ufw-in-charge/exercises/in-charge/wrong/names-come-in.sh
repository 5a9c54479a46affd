#!/bin/bash
# By cards, and with the recipe's line for the answers of name servers: whoever sends from port 53 gets in, by UDP.
sudo tee -a /etc/ufw/after.rules >/dev/null <<'RULES'
*filter
:ufw-user-forward - [0:0]
:DOCKER-USER - [0:0]
-A DOCKER-USER -j ufw-user-forward
-A DOCKER-USER -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN
-A DOCKER-USER -i br-+ -j RETURN
-A DOCKER-USER -i docker0 -j RETURN
-A DOCKER-USER -i office0 -j RETURN
-A DOCKER-USER -p udp -m udp --sport 53 --dport 1024:65535 -j RETURN
-A DOCKER-USER -o br-+ -j DROP
-A DOCKER-USER -o docker0 -j DROP
-A DOCKER-USER -j RETURN
COMMIT
RULES
sudo ufw reload
