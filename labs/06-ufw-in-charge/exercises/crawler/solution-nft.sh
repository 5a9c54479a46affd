#!/bin/bash
# A table of our own, asked before anything is rewritten. It can only refuse, and that is what is wanted here.
sudo nft -f - <<'RULES'
table inet crawler {
    chain early {
        type filter hook prerouting priority -150;
        ip saddr 198.51.100.64/28 tcp dport 8080 drop
        ip6 saddr 2001:db8:51:0:66::/80 tcp dport 8080 drop
    }
}
RULES
