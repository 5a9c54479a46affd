#!/bin/bash
# Docker calls its bridges docker0 and br-something, unless somebody gives one another name.
for tables in iptables ip6tables; do
    for bridge in docker0 br-+; do sudo $tables -I INPUT -i $bridge -p tcp --dport 8082 -j DROP; done
    sudo $tables -I INPUT -i ext0 -p tcp --dport 8082 -j DROP
done
sudo nft -f - <<'RULES'
table inet payroll {
    chain forwarded {
        type filter hook forward priority -10;
        iifname { "docker0", "br-hotel", "br-guests", "br-cellar" } oifname "br-staff" drop
    }
}
RULES
