#!/bin/bash
# The answers to the machine are dropped, too: nobody counts bottles any more.
cd ~/hotel
sed -i '/^  cellar:$/{n;s/    enable_ipv6/    internal: true\n&/}' compose.yaml
docker compose rm --stop --force cellar sommelier
docker network rm hotel_cellar
docker compose up --detach
for tables in iptables ip6tables; do
    sudo $tables -I INPUT -i br-cellar -p tcp -j DROP
done
