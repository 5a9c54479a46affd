#!/bin/bash
# Ask before Docker rewrites the destination (priority -100): there the port is still 8081, over IPv4 and IPv6 alike.
sudo nft -f - <<'RULES'
table inet shop {
    chain early {
        type filter hook prerouting priority -150;
        iifname "ext0" tcp dport 8081 drop
    }
}
RULES
