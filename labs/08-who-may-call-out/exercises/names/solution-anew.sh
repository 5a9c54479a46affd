#!/bin/bash
# The list written anew: who may be called is one set for each family, and easy to read next year.
sudo nft -f - <<'RULES'
delete table inet worker
table inet worker {
    set allowed4 {
        type ipv4_addr . inet_proto . inet_service
        elements = { 198.51.100.30 . tcp . 443, 198.51.100.53 . tcp . 53, 198.51.100.53 . udp . 53 }
    }
    set allowed6 {
        type ipv6_addr . inet_proto . inet_service
        elements = { 2001:db8:51::30 . tcp . 443, 2001:db8:51::53 . tcp . 53, 2001:db8:51::53 . udp . 53 }
    }
    chain calls {
        type filter hook forward priority -10;
        iifname != "br-worker" return
        oifname "br-worker" return
        ct state established,related accept
        ip daddr . meta l4proto . th dport @allowed4 accept
        ip6 daddr . meta l4proto . th dport @allowed6 accept
        drop
    }
}
RULES
