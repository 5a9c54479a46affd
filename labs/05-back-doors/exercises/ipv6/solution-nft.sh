#!/bin/bash
# Before anybody rewrites anything: there both families ask for port 8081, and one rule is enough for them.
sudo nft -f - <<'RULES'
table inet archive {
    chain doors {
        type filter hook prerouting priority -150;
        iifname != "lo" fib daddr type local tcp dport 8081 drop
    }
}
RULES
