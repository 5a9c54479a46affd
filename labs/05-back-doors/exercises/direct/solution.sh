#!/bin/bash
# A call from outside into a container's network is fine if Docker has rewritten it (it came by a published port).
sudo nft -f - <<'RULES'
table inet direct {
    chain ways {
        type filter hook forward priority -10;
        iifname "br-*" return
        iifname "docker0" return
        ct status dnat return
        oifname "br-*" ct state new drop
        oifname "docker0" ct state new drop
    }
}
RULES
