#!/bin/bash
# In an nftables rule `th dport` is a port of TCP and of UDP: nobody learns when the next tour is.
sudo nft -f - <<'RULES'
table inet visitors {
    chain doors {
        type filter hook prerouting priority -150;
        iifname "lo" return
        ip saddr 198.51.100.20 return
        ip6 saddr 2001:db8:51::20 return
        meta l4proto { tcp, udp } th dport 5140 drop
    }
}
RULES
