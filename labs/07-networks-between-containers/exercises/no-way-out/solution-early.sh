#!/bin/bash
# One place for both ways out: before anybody decides where a packet goes. What is no answer, and not for somebody on the same
# bridge, is dropped. Discovery of neighbours is for everybody on the bridge, or has no state.
sudo nft -f - <<'RULES'
table inet cellar {
    chain early {
        type filter hook prerouting priority -150;
        iifname != "br-cellar" return
        ct state established,related,untracked return
        ip daddr 172.30.4.0/24 ip daddr != 172.30.4.1 return
        ip6 daddr 2001:db8:7:4::/64 ip6 daddr != 2001:db8:7:4::1 return
        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } return
        drop
    }
}
RULES
