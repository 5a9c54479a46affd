#!/bin/bash
# The insurer's answers are let in by who sends them: so is what nobody has asked him for.
sudo nft -f - <<'RULES'
table inet direct {
    chain forward {
        type filter hook forward priority -5
        iifname != { "ext0", "house0", "depot0" } accept
        oifname { "ext0", "house0", "depot0" } accept
        ct status dnat accept
        tcp flags & (syn | ack) == syn drop
        iifname "ext0" ip saddr 198.51.100.30 accept
        iifname "ext0" ip6 saddr 2001:db8:51::30 accept
        drop
    }
}
RULES
