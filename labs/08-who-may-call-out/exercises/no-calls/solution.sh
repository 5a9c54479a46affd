#!/bin/bash
# A table of our own for both families. It does not mind what Docker does to its chains, and a drop is final in any table.
sudo nft -f - <<'RULES'
table inet thumbs {
    chain calls {
        type filter hook forward priority -10;
        iifname "br-thumbs" oifname != "br-thumbs" ct state new drop
    }
}
RULES
