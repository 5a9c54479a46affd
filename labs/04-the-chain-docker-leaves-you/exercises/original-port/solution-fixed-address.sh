#!/bin/bash
# By the container's address, which is good for as long as the compose file says which one it gets.
cd ~/radio
sed -i '/container_name: mixer/,/networks:/s|networks: \[radio\]|networks: {radio: {ipv4_address: 172.30.4.81, ipv6_address: "fd00:db8:4::81"}}|' compose.yaml
docker compose up --detach
sudo iptables -I DOCKER-USER -i ext0 -p tcp -d 172.30.4.81 --dport 80 -j DROP
sudo ip6tables -I DOCKER-USER -i ext0 -p tcp -d fd00:db8:4::81 --dport 80 -j DROP
