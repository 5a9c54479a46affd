#!/bin/bash
# The rate is right, but fifty at once are let in before anybody counts.
call="-i ext0 -p tcp -m conntrack --ctstate NEW --ctorigdstport 8082"
limit="-m hashlimit --hashlimit-name burst --hashlimit-mode srcip --hashlimit-above 30/minute --hashlimit-burst 50 -j DROP"
for tables in iptables ip6tables; do sudo $tables -I DOCKER-USER $call $limit; done
sudo iptables -I DOCKER-USER -s 198.51.100.96/28 $call -j RETURN
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::a:0/112 $call -j RETURN
