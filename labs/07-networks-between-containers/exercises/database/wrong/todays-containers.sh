#!/bin/bash
# A list of all who are there, but for the booking. Whoever comes tomorrow is not on it, nor is anybody outside.
sudo modprobe br_netfilter # in a system container it is the host's business, and done
cd ~/hotel
sed -i "/^  register:/,/networks:/ s/networks: .*/networks: {hotel: {ipv4_address: 172.30.1.201}}/" compose.yaml
docker compose up --detach
for name in guestbook room1 room2 payroll cellar sommelier nightly; do
    address=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' $name)
    sudo iptables -I DOCKER-USER -s "$address" -d 172.30.1.201 -j DROP
done
