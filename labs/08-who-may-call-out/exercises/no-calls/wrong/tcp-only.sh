#!/bin/bash
# A connection is what TCP calls so. Stolen data also fits into datagrams, and nobody has to answer them.
sudo nft -f - <<'RULES'
table inet thumbs {
    chain calls {
        type filter hook forward priority -10;
        iifname "br-thumbs" oifname != "br-thumbs" tcp flags & (syn | ack) == syn drop
    }
}
RULES
