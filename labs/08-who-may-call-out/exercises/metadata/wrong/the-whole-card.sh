#!/bin/bash
# Nothing is forwarded by the card of the cloud's network. Who else is there is no business of this.
sudo nft -f - <<'RULES'
table inet keys {
    chain forwarded {
        type filter hook forward priority -10;
        oifname "cloud0" drop
    }
}
RULES
