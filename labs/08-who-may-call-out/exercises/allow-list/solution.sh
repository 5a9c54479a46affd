#!/bin/bash
# The list, and at its end: nobody else. An accept here only ends this chain, so Docker is asked as well; a drop is final.
sudo nft -f - <<'RULES'
table inet worker {
    chain calls {
        type filter hook forward priority -10;
        iifname "br-worker" ip daddr 198.51.100.30 tcp dport 443 accept
        iifname "br-worker" ip6 daddr 2001:db8:51::30 tcp dport 443 accept
        iifname "br-worker" oifname != "br-worker" ct state new drop
    }
}
RULES
