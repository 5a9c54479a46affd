#!/bin/bash
# Published to 127.0.0.1 as in the exercise before: the administrator is not on the machine.
cd ~/shop
sed -i 's/"8083:80"/"127.0.0.1:8083:80"/' compose.yaml
docker compose up --detach
sudo ufw allow proto tcp from 198.51.100.20 to any port 8083
sudo ufw allow proto tcp from 2001:db8:51::20 to any port 8083
