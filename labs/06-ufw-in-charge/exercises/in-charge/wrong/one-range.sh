#!/bin/bash
# Containers are known by 172.16.0.0/12, with which Docker begins: a network of next week may have another range.
sudo tee -a /etc/ufw/after.rules >/dev/null <<'RULES'
*filter
:ufw-user-forward - [0:0]
:DOCKER-USER - [0:0]
-A DOCKER-USER -j ufw-user-forward
-A DOCKER-USER -m conntrack --ctstate RELATED,ESTABLISHED -j RETURN
-A DOCKER-USER -s 172.16.0.0/12 -j RETURN
-A DOCKER-USER -s 192.168.0.0/16 -j RETURN
-A DOCKER-USER -d 172.16.0.0/12 -j DROP
-A DOCKER-USER -j RETURN
COMMIT
RULES
sudo ufw reload
