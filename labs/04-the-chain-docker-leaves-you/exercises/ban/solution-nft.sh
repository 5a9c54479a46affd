#!/bin/bash
# A table of our own at the same hook. A drop in any of the tables is final; an accept is not.
sudo nft -f - <<'RULES'
table inet ban {
    chain forwarded {
        type filter hook forward priority -10;
        ip saddr 198.51.100.66 drop
        ip6 saddr 2001:db8:51::66 drop
    }
}
RULES
