#!/bin/bash
# A limit for what is let pass, and no rule for the rest: that goes on to the next rules, which let it pass as well.
call="-i ext0 -p tcp -m conntrack --ctstate NEW --ctorigdstport 8082"
for tables in iptables ip6tables; do
    sudo $tables -I DOCKER-USER $call -m limit --limit 30/minute --limit-burst 5 -j RETURN
done
sudo iptables -I DOCKER-USER -s 198.51.100.96/28 $call -j RETURN
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::a:0/112 $call -j RETURN
