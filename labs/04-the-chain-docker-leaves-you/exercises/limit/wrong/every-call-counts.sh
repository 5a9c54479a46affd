#!/bin/bash
# The limit is asked before the port: calls to the web site use up what the archive's callers are allowed.
sudo nft -f - <<'RULES'
table inet archive {
    chain early {
        type filter hook prerouting priority -150;
        ip saddr 198.51.100.96/28 accept
        ip6 saddr 2001:db8:51::a:0/112 accept
        iifname "ext0" ct state new limit rate 30/minute burst 5 packets tcp dport 8082 accept
        iifname "ext0" ct state new tcp dport 8082 drop
    }
}
RULES
