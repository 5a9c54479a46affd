#!/bin/bash
# A rule about an address needs an address that stays: it is written down in the compose file.
cd ~/hotel
sed -i 's/networks: \[rooms\]/networks: {rooms: {ipv4_address: 172.31.2.10}}/' compose.yaml
docker compose up --detach
sudo ufw route allow in on wifi0 to 172.31.2.10 port 80 proto tcp
sudo ufw allow in on wifi0 to any port 8083 proto tcp
