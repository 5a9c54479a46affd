#!/bin/bash
# A set that remembers callers, with an allowance for each of them.
sudo nft -f - <<'RULES'
table inet archive {
    set callers4 { type ipv4_addr; flags dynamic; timeout 1m; }
    set callers6 { type ipv6_addr; flags dynamic; timeout 1m; }
    chain early {
        type filter hook prerouting priority -150;
        iifname != "ext0" return
        ip saddr 198.51.100.96/28 return
        ip6 saddr 2001:db8:51::a:0/112 return
        tcp dport 8082 ct state new add @callers4 { ip saddr limit rate over 30/minute burst 5 packets } drop
        tcp dport 8082 ct state new add @callers6 { ip6 saddr limit rate over 30/minute burst 5 packets } drop
    }
}
RULES
