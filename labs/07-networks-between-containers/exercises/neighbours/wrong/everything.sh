#!/bin/bash
# Closes the machine to the guests altogether: no breakfast, and no answers to the machine's own questions.
cd ~/hotel
sed -i '/bridge.name: br-guests/a\      com.docker.network.bridge.enable_icc: "false"' compose.yaml
docker compose rm --stop --force room1 room2
docker network rm hotel_guests
docker compose up --detach
sudo iptables -I INPUT -i br-guests -j DROP
