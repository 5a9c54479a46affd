#!/bin/bash
# The hotel's network gets IPv6, and with it the register; the rule is one for IPv4.
cd ~/hotel || exit
sed -i '/^  register:/,/^  [a-z]/ s/networks: \[hotel\]/networks: {hotel: {ipv4_address: 172.30.1.250}}/' compose.yaml
sed -i '/^  booking:/,/^  [a-z]/ s/networks: \[hotel\]/networks: {hotel: {ipv4_address: 172.30.1.240}}/' compose.yaml
sed -i 's|ipam: {config: \[{subnet: 172.30.1.0/24}\]}|enable_ipv6: true\n    ipam: {config: [{subnet: 172.30.1.0/24}, {subnet: "fd00:7:1::/64"}]}|' compose.yaml
docker compose down && docker compose up -d
sudo modprobe br_netfilter || :
sudo sysctl --quiet --write net.bridge.bridge-nf-call-iptables=1
sudo iptables -I DOCKER-USER -d 172.30.1.250 ! -s 172.30.1.240 -j DROP
