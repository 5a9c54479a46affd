#!/bin/bash
# The keys' page is closed. Whatever else that service listens on is not.
sudo nft -f - <<'RULES'
table inet metadata {
    chain calls {
        type filter hook forward priority -10;
        ip daddr 169.254.169.254 tcp dport 80 drop
        ip6 daddr fd00:ec2::254 tcp dport 80 drop
    }
}
RULES
