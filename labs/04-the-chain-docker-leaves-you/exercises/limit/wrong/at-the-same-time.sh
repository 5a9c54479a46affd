#!/bin/bash
# Five at the same time, and when they are served, the next five, at once.
call="-i ext0 -p tcp -m conntrack --ctstate NEW --ctorigdstport 8082"
limit="-m connlimit --connlimit-above 5 -j DROP"
for tables in iptables ip6tables; do sudo $tables -I DOCKER-USER $call $limit; done
sudo iptables -I DOCKER-USER -s 198.51.100.96/28 $call -j RETURN
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::a:0/112 $call -j RETURN
