#!/bin/bash
# By the ranges that containers get addresses of. Over IPv6 each network brings its own, and tomorrow's is another one.
sudo nft -f - <<'RULES'
table inet metadata {
    chain calls {
        type filter hook forward priority -10;
        ip saddr 172.16.0.0/12 ip daddr 169.254.169.254 drop
        ip6 saddr 2001:db8:8::/48 ip6 daddr fd00:ec2::254 drop
    }
}
RULES
