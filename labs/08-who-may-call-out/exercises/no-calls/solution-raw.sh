#!/bin/bash
# As early as it gets: after connection tracking, before anything is rewritten. What is not an answer is dropped, except for
# the machine's own addresses on this network.
sudo nft -f - <<'RULES'
table inet thumbs {
    chain early {
        type filter hook prerouting priority -150;
        iifname "br-thumbs" ct state new fib daddr type != { local, multicast, broadcast } drop
    }
}
RULES
