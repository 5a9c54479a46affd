#!/bin/bash
# A table of our own at the hook for forwarded packets.
sudo nft -f - <<'RULES'
table inet house {
    chain forwarded {
        type filter hook forward priority -10;
        iifname "house0" ct state established,related accept
        iifname "house0" drop
    }
}
RULES
