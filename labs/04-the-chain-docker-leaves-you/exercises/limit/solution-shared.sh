#!/bin/bash
# One allowance for all others, in a chain of its own: what is within it goes back to DOCKER-USER, where the ban is
# asked next; the rest is written to the log (a little) and dropped.
for tables in iptables ip6tables; do
    sudo $tables -N ARCHIVE
    sudo $tables -A ARCHIVE -m limit --limit 30/minute --limit-burst 5 -j RETURN
    sudo $tables -A ARCHIVE -m limit --limit 6/minute -j LOG --log-prefix "archive: too many: "
    sudo $tables -A ARCHIVE -j DROP
    sudo $tables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctstate NEW --ctorigdstport 8082 -j ARCHIVE
done
sudo iptables -I ARCHIVE -s 198.51.100.96/28 -j RETURN
sudo ip6tables -I ARCHIVE -s 2001:db8:51::a:0/112 -j RETURN
