#!/bin/bash
# An answer is what comes from port 80. Who is root in the container calls from port 80, too, and datagrams know no SYN.
sudo nft -f - <<'RULES'
table inet thumbs {
    chain calls {
        type filter hook forward priority -10;
        iifname "br-thumbs" oifname != "br-thumbs" tcp sport != 80 drop
    }
}
RULES
