#!/bin/bash
# At the addresses that the hotel's name stands for. The machine has more of them, and the website answers at each.
sudo nft -f - <<'RULES'
table inet crawler {
    chain early {
        type filter hook prerouting priority -150;
        ip saddr 198.51.100.64/28 ip daddr 198.51.100.1 tcp dport 8080 drop
        ip6 saddr 2001:db8:51:0:66::/80 ip6 daddr 2001:db8:51::1 tcp dport 8080 drop
    }
}
RULES
