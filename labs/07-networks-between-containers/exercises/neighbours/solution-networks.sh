#!/bin/bash
# A network for each guest, and the detour closed for both, before Docker or the machine decide whom a packet is for.
cd ~/hotel
sed -i '/^  room2:/,/networks:/ s/networks: .*/networks: [guests2]/' compose.yaml
cat >>compose.yaml <<'NETWORK'
  guests2:
    ipam: {config: [{subnet: 172.30.5.0/24}]}
    driver_opts:
      com.docker.network.bridge.name: br-guests2
NETWORK
docker compose up --detach
sudo iptables -t mangle -I PREROUTING -i br-guests+ -p tcp -m multiport --dports 8101,8102 \
    -m addrtype --dst-type LOCAL -j DROP
