#!/bin/bash
# A table of our own, before Docker rewrites the port (priority -100).
sudo nft -f - <<'RULES'
table inet archive {
    chain early {
        type filter hook prerouting priority -150;
        ip saddr 198.51.100.96/28 accept
        ip6 saddr 2001:db8:51::a:0/112 accept
        iifname "ext0" meta nfproto ipv4 tcp dport 8082 ct state new limit rate over 30/minute burst 5 packets drop
        iifname "ext0" meta nfproto ipv6 tcp dport 8082 ct state new limit rate over 30/minute burst 5 packets drop
    }
}
RULES
