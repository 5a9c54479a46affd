#!/bin/bash
# Whoever crawls as root takes a port below 1024, and is not meant.
sudo nft -f - <<'RULES'
table inet crawler {
    chain early {
        type filter hook prerouting priority -150;
        ip saddr 198.51.100.64/28 tcp dport 8080 tcp sport 1024-65535 drop
        ip6 saddr 2001:db8:51:0:66::/80 tcp dport 8080 tcp sport 1024-65535 drop
    }
}
RULES
