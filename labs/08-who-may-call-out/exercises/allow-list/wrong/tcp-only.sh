#!/bin/bash
# The list is TCP's. Over UDP there is none, so whatever is sent there goes to whom it likes.
sudo nft -f - <<'RULES'
table inet worker {
    chain calls {
        type filter hook forward priority -10;
        iifname "br-worker" ip daddr 198.51.100.30 tcp dport 443 accept
        iifname "br-worker" ip6 daddr 2001:db8:51::30 tcp dport 443 accept
        iifname "br-worker" oifname != "br-worker" meta l4proto tcp ct state new drop
    }
}
RULES
