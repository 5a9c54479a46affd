#!/bin/bash
# One port of TCP, and of everything else at the bank all there is.
sudo nft -f - <<'RULES'
table inet worker {
    chain calls {
        type filter hook forward priority -10;
        iifname "br-worker" ip daddr 198.51.100.30 tcp dport != 443 drop
        iifname "br-worker" ip6 daddr 2001:db8:51::30 tcp dport != 443 drop
        iifname "br-worker" ip daddr 198.51.100.30 accept
        iifname "br-worker" ip6 daddr 2001:db8:51::30 accept
        iifname "br-worker" oifname != "br-worker" ct state new drop
    }
}
RULES
