#!/bin/bash
# Before Docker rewrites the destination (priority -100), for both families at once.
sudo nft -f - <<'RULES'
table inet mixer {
    chain early {
        type filter hook prerouting priority -150;
        iifname "ext0" tcp dport 8081 drop
    }
}
RULES
