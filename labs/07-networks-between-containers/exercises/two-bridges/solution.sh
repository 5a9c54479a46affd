#!/bin/bash
# Who may, by the card that the packet comes in by, and nobody else. Before anybody decides where it goes.
sudo nft -f - <<'RULES'
table inet payroll {
    chain doors {
        type filter hook prerouting priority -150;
        iifname { "lo", "lan0" } return
        fib daddr type local tcp dport 8082 drop
    }
}
RULES
