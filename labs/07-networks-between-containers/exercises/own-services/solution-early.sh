#!/bin/bash
# Before it is decided where a packet goes, for those that go to an address of the machine itself, whichever it is.
sudo nft -f - <<'RULES'
table inet hall {
    chain containers {
        ct state established,related return
        fib daddr type != local return
        meta l4proto { icmp, ipv6-icmp } return
        tcp dport { 8080, 9100 } return
        drop
    }
    chain early {
        type filter hook prerouting priority -150;
        iifname { "br-*", "docker0" } jump containers
    }
}
RULES
