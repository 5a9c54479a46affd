#!/bin/bash
# At the three addresses that the task names. Each of the house's other bridges has a gateway as well, and that is the machine, too.
cd ~/hotel
sed -i '/bridge.name: br-guests/a\      com.docker.network.bridge.enable_icc: "false"' compose.yaml
docker compose rm --stop --force room1 room2
docker network rm hotel_guests
docker compose up --detach
for address in 198.51.100.1 203.0.113.1 172.30.2.1; do
    sudo iptables -t raw -I PREROUTING -i br-guests -d $address -p tcp -m multiport --dports 8101,8102 -j DROP
done
