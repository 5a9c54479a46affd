#!/bin/bash
# A /29 is half of the partners' network: from .104 on they are slowed down as well.
call="-i ext0 -p tcp -m conntrack --ctstate NEW --ctorigdstport 8082"
limit="-m hashlimit --hashlimit-name old --hashlimit-mode srcip --hashlimit-above 30/minute --hashlimit-burst 5 -j DROP"
for tables in iptables ip6tables; do sudo $tables -I DOCKER-USER $call $limit; done
sudo iptables -I DOCKER-USER -s 198.51.100.96/29 $call -j RETURN
sudo iptables -I DOCKER-USER -s 198.51.100.110 $call -j RETURN
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::a:0/120 $call -j RETURN
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::a:110 $call -j RETURN
