#!/bin/bash
# The gateway has an IPv6 address as well.
cd ~/hotel
sed -i '/^  cellar:$/{n;s/    enable_ipv6/    internal: true\n&/}' compose.yaml
docker compose rm --stop --force cellar sommelier
docker network rm hotel_cellar
docker compose up --detach
sudo iptables -I INPUT -i br-cellar -m conntrack --ctstate NEW -j DROP
