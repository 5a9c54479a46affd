#!/bin/bash
# Before Docker rewrites anything: who is not the administrator gets no further. ufw must let the rest in over IPv6.
sudo nft -f - <<'RULES'
table inet panel {
    chain before_docker {
        type filter hook prerouting priority -150; policy accept;
        iifname "ext0" tcp dport 8083 ip saddr != 198.51.100.20 drop
        iifname "ext0" tcp dport 8083 ip6 saddr != 2001:db8:51::20 drop
    }
}
RULES
sudo ufw allow from 2001:db8:51::20 to any port 8083 proto tcp
