#!/bin/bash
# Before Docker rewrites anything. The kernel itself knows which addresses are the machine's (type local).
sudo nft -f - <<'RULES'
table inet cameras {
    chain doors {
        type filter hook prerouting priority -150;
        iifname { "lo", "house0" } return
        fib daddr type local tcp dport 8082 drop
    }
}
RULES
