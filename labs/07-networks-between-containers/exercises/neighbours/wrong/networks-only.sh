#!/bin/bash
# Two networks instead of one. The detour leads from one to the other as well as it led within one.
cd ~/hotel
sed -i '/^  room2:/,/networks:/ s/networks: .*/networks: [guests2]/' compose.yaml
printf '  guests2:\n    ipam: {config: [{subnet: 172.30.5.0/24}]}\n' >>compose.yaml
docker compose up --detach
