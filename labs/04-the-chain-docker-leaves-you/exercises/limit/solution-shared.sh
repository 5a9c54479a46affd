#!/bin/bash
# One allowance for all others: what is within it goes on, and the rest is written to the log (a little) and dropped.
call="-i ext0 -p tcp -m conntrack --ctstate NEW --ctorigdstport 8082"
for tables in iptables ip6tables; do
    sudo $tables -I DOCKER-USER $call -j DROP
    sudo $tables -I DOCKER-USER $call -m limit --limit 6/minute -j LOG --log-prefix "archive: too many: "
    sudo $tables -I DOCKER-USER $call -m limit --limit 30/minute --limit-burst 5 -j RETURN
done
sudo iptables -I DOCKER-USER -s 198.51.100.96/28 $call -j RETURN
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::a:0/112 $call -j RETURN
