#!/bin/bash
# All networks that there are, Docker's own among them. Whoever makes a new one tomorrow has the keys.
sudo nft -f - <<'RULES'
table inet metadata {
    chain calls {
        type filter hook forward priority -10;
        iifname { "br-shop", "br-thumbs", "br-worker", "docker0" } ip daddr 169.254.169.254 drop
        iifname { "br-shop", "br-thumbs", "br-worker", "docker0" } ip6 daddr fd00:ec2::254 drop
    }
}
RULES
