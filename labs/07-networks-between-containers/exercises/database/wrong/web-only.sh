#!/bin/bash
# Only the web page is for the booking. Whatever else the register listens on is for everybody.
sudo modprobe br_netfilter # in a system container it is the host's business, and done
cd ~/hotel
for place in booking=200 register=201; do
    sed -i "/^  ${place%=*}:/,/networks:/ s/networks: .*/networks: {hotel: {ipv4_address: 172.30.1.${place#*=}}}/" compose.yaml
done
docker compose up --detach
sudo iptables -I DOCKER-USER -d 172.30.1.201 ! -s 172.30.1.200 -p tcp --dport 80 -m conntrack --ctstate NEW -j DROP
