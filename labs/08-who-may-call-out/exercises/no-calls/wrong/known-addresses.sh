#!/bin/bash
# Everybody who has a name in the story. The internet has more addresses than these.
sudo nft -f - <<'RULES'
table inet thumbs {
    chain calls {
        type filter hook forward priority -10;
        iifname != "br-thumbs" accept
        ct state != new accept
        ip daddr { 198.51.100.10, 198.51.100.30, 198.51.100.53, 198.51.100.66, 169.254.169.254 } drop
        ip6 daddr { 2001:db8:51::10, 2001:db8:51::30, 2001:db8:51::53, 2001:db8:51::66, fd00:ec2::254 } drop
    }
}
RULES
