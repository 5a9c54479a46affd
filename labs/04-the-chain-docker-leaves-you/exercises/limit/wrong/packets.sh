#!/bin/bash
# Counts packets, not calls: each connection has more than five, and comes to a halt in the middle.
call="-i ext0 -p tcp -m conntrack --ctorigdstport 8082"
limit="-m hashlimit --hashlimit-name all --hashlimit-mode srcip --hashlimit-above 30/minute --hashlimit-burst 5 -j DROP"
for tables in iptables ip6tables; do sudo $tables -I DOCKER-USER $call $limit; done
sudo iptables -I DOCKER-USER -s 198.51.100.96/28 $call -j RETURN
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::a:0/112 $call -j RETURN
