#!/bin/bash
# A table of our own that is asked before Docker rewrites anything. It can only refuse: letting in is up to ufw.
sudo nft -f - <<'RULES'
table inet shop_panel {
    chain early {
        type filter hook prerouting priority -150;
        iifname "ext0" tcp dport 8083 ip saddr != 198.51.100.20 drop
        iifname "ext0" tcp dport 8083 ip6 saddr != 2001:db8:51::20 drop
    }
}
RULES
sudo ufw allow 8083/tcp
