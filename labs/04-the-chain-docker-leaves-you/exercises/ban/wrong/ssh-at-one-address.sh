#!/bin/bash
# SSH is left to him at one of the machine's addresses only: the police watch at another one.
sudo nft -f - <<'RULES'
table inet ban {
    chain early {
        type filter hook prerouting priority -310
        ip saddr 198.51.100.66 ip daddr 198.51.100.1 tcp dport 22 accept
        ip6 saddr 2001:db8:51::66 ip6 daddr 2001:db8:51::1 tcp dport 22 accept
        icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
        ip saddr 198.51.100.66 drop
        ip6 saddr 2001:db8:51::66 drop
    }
}
RULES
