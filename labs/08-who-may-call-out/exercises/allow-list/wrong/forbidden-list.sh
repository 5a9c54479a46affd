#!/bin/bash
# A list of what is forbidden: everybody who is not on it may be called.
sudo nft -f - <<'RULES'
table inet worker {
    chain calls {
        type filter hook forward priority -10;
        iifname "br-worker" ip daddr 198.51.100.66 drop
        iifname "br-worker" ip6 daddr 2001:db8:51::66 drop
        iifname "br-worker" tcp dport 80 drop
    }
}
RULES
