#!/bin/bash
# On the machine only root's programs may ask: the task does not say so.
sudo nft -f - <<'RULES'
table inet metadata {
    chain calls {
        type filter hook forward priority -10;
        ip daddr 169.254.169.254 drop
        ip6 daddr fd00:ec2::254 drop
    }
    chain own_calls {
        type filter hook output priority -10;
        meta skuid 0 return
        ip daddr 169.254.169.254 drop
        ip6 daddr fd00:ec2::254 drop
    }
}
RULES
