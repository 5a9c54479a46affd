#!/bin/bash
# The machine's address on their bridge is closed. It has others, and by way of the machine all of them are reached.
sudo nft -f - <<'RULES'
table inet cellar {
    chain out {
        type filter hook forward priority -10;
        iifname "br-cellar" oifname != "br-cellar" ct state new drop
    }
    chain hall {
        type filter hook input priority -10;
        iifname "br-cellar" ip daddr 172.30.4.1 ct state new drop
        iifname "br-cellar" ip6 daddr 2001:db8:7:4::1 ct state new drop
    }
}
RULES
