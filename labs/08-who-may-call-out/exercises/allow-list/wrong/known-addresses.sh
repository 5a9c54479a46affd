#!/bin/bash
# A list of who is known and is not the bank, and of the bank's port that is known. Everything else is as open as before.
sudo nft -f - <<'RULES'
table inet worker {
    chain calls {
        type filter hook forward priority -10;
        iifname != "br-worker" accept
        ct state != new accept
        ip daddr { 198.51.100.10, 198.51.100.53, 198.51.100.66, 169.254.169.254 } drop
        ip6 daddr { 2001:db8:51::10, 2001:db8:51::53, 2001:db8:51::66, fd00:ec2::254 } drop
        ip daddr 198.51.100.30 tcp dport 80 drop
        ip6 daddr 2001:db8:51::30 tcp dport 80 drop
    }
}
RULES
