#!/bin/bash
# "ip6 nexthdr udp" is about the first header behind IPv6's own. A datagram may have another one before UDP's.
sudo nft -f - <<'RULES'
table inet visitors {
    chain doors {
        type filter hook prerouting priority -150;
        iifname "lo" return
        ip saddr 198.51.100.20 return
        ip6 saddr 2001:db8:51::20 return
        fib daddr type local ip protocol udp udp dport 5140 drop
        fib daddr type local ip6 nexthdr udp udp dport 5140 drop
    }
}
RULES
