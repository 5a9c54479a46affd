#!/bin/bash
# Who passes, and then the limit: typed in that order with -I, the limit stands on top and hits the partners as well.
call="-i ext0 -p tcp -m conntrack --ctstate NEW --ctorigdstport 8082"
sudo iptables -I DOCKER-USER -s 198.51.100.96/28 $call -j RETURN
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::a:0/112 $call -j RETURN
limit="-m hashlimit --hashlimit-name old --hashlimit-mode srcip --hashlimit-above 30/minute --hashlimit-burst 5 -j DROP"
for tables in iptables ip6tables; do sudo $tables -I DOCKER-USER $call $limit; done
