#!/bin/bash
# Closes the one address that is known to be bad. A thief has more than one.
sudo nft -f - <<'RULES'
table inet thumbs {
    chain calls {
        type filter hook forward priority -10;
        iifname "br-thumbs" ip daddr 198.51.100.66 drop
        iifname "br-thumbs" ip6 daddr 2001:db8:51::66 drop
    }
}
RULES
