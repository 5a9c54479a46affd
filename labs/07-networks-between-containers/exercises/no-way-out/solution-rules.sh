#!/bin/bash
# Without an internal network: both ways out of the bridge, to elsewhere and to the machine, by rules alone.
sudo nft -f - <<'RULES'
table inet cellar {
    chain out {
        type filter hook forward priority -10;
        iifname "br-cellar" oifname != "br-cellar" ct state new drop
    }
    chain hall {
        type filter hook input priority -10;
        iifname "br-cellar" ct state new drop
    }
}
RULES
