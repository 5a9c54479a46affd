#!/bin/bash
# A table of our own. What comes by a published port has been rewritten (dnat); of that, only the owner's ledger passes.
sudo nft -f - <<'RULES'
table inet hotel {
    chain published {
        type filter hook forward priority -10;
        iifname != "ext0" return
        ip saddr 198.51.100.20 ct original proto-dst 8081 return
        ct state new ct status dnat drop
    }
}
RULES
