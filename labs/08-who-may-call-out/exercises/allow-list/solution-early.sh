#!/bin/bash
# In front of routing, by a set for each family. What is for the machine itself, or for everybody on the bridge, is no call.
sudo nft -f - <<'RULES'
table inet worker {
    chain calls {
        type filter hook prerouting priority -150;
        iifname != "br-worker" return
        ct state established,related accept
        fib daddr type { local, multicast, broadcast } accept
        ip daddr . tcp dport { 198.51.100.30 . 443 } accept
        ip6 daddr . tcp dport { 2001:db8:51::30 . 443 } accept
        drop
    }
}
RULES
