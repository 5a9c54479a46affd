#!/bin/bash
# As early as can be, before Docker rewrites anything. Website and room service will be for the guests, nothing else here is.
sudo nft -f - <<'RULES'
table ip guests {
    chain early {
        type filter hook prerouting priority -150;
        iifname != "wifi0" return
        ct state established,related return
        ip daddr 172.16.0.0/12 drop
        fib daddr type local tcp dport != { 22, 8080, 8083 } drop
        fib daddr type local meta l4proto udp drop
    }
}
RULES
