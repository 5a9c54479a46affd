#!/bin/bash
# Two ways, two locks: the bridge's own switch against talking directly, and a rule against the detour by the machine.
cd ~/hotel
sed -i '/bridge.name: br-guests/a\      com.docker.network.bridge.enable_icc: "false"' compose.yaml
docker compose rm --stop --force room1 room2 # a network takes new options only when it is made
docker network rm hotel_guests
docker compose up --detach
sudo nft -f - <<'RULES'
table inet rooms {
    chain detour {
        type filter hook prerouting priority -150;
        iifname "br-guests" fib daddr type local tcp dport { 8101, 8102 } drop
    }
}
RULES
