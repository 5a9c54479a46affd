#!/bin/bash
# One allowance for everybody and both families, and those who are too many are told so at once.
sudo nft -f - <<'RULES'
table inet archive {
    chain forwarded {
        type filter hook forward priority -10;
        iifname != "ext0" return
        ip saddr 198.51.100.96/28 return
        ip6 saddr 2001:db8:51::a:0/112 return
        tcp flags syn ct state new ct original proto-dst 8082 limit rate over 30/minute burst 5 packets reject with tcp reset
    }
}
RULES
