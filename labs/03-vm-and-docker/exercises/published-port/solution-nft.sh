#!/bin/bash
# A table of one's own, before Docker rewrites anything: one rule for IPv4 and IPv6.
sudo nft -f - <<'RULES'
table inet statistics {
    chain before_docker {
        type filter hook prerouting priority -150; policy accept;
        iifname "ext0" tcp dport 8081 drop
    }
}
RULES
