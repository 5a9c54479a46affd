#!/bin/bash
# What is for the machine itself passes INPUT, not DOCKER-USER.
cd ~/hotel
sed -i '/^  cellar:$/{n;s/    enable_ipv6/    internal: true\n&/}' compose.yaml
docker compose rm --stop --force cellar sommelier
docker network rm hotel_cellar
docker compose up --detach
sudo iptables -I DOCKER-USER -i br-cellar -j DROP
