#!/bin/bash
# Before Docker rewrites anything, for both families.
sudo nft -f - <<'RULES'
table inet visitors {
    chain doors {
        type filter hook prerouting priority -150;
        iifname "lo" return
        ip saddr 198.51.100.20 return
        ip6 saddr 2001:db8:51::20 return
        fib daddr type local udp dport 5140 drop
    }
}
RULES
