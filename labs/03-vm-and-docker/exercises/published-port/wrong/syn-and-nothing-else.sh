#!/bin/bash
# A first packet has SYN and no other flag, unless its sender offers ECN: then it has two more.
sudo nft -f - <<'RULES'
table inet shop {
    chain early {
        type filter hook prerouting priority -150;
        iifname "ext0" tcp dport 8081 tcp flags == syn drop
    }
}
RULES
