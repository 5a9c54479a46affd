#!/bin/bash
# By networks: the guests' and the room service's are both written down, whoever has which address in them.
sudo ufw route allow proto tcp from 192.168.56.0/24 to 172.31.2.0/24 port 80
sudo ufw allow proto tcp from 2001:db8:56::/64 to any port 8083
