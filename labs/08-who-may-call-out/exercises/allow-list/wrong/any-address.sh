#!/bin/bash
# Port 443 is open to all addresses. A thief can listen on 443 as well.
sudo nft -f - <<'RULES'
table inet worker {
    chain calls {
        type filter hook forward priority -10;
        iifname "br-worker" tcp dport 443 accept
        iifname "br-worker" oifname != "br-worker" ct state new drop
    }
}
RULES
