#!/bin/bash
# Admits the one partner that it knows. There are more, in the same network.
call="-i ext0 -p tcp -m conntrack --ctstate NEW --ctorigdstport 8082"
limit="-m hashlimit --hashlimit-name old --hashlimit-mode srcip --hashlimit-above 30/minute --hashlimit-burst 5 -j DROP"
for tables in iptables ip6tables; do sudo $tables -I DOCKER-USER $call $limit; done
sudo iptables -I DOCKER-USER -s 198.51.100.97 $call -j RETURN
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::a:97 $call -j RETURN
