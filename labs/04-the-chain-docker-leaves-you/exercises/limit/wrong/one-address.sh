#!/bin/bash
# At the address that is in the telephone book. At the others everybody fetches as fast as before.
call="-i ext0 -p tcp -m conntrack --ctstate NEW --ctorigdstport 8082"
limit="-m hashlimit --hashlimit-name old --hashlimit-mode srcip --hashlimit-above 30/minute --hashlimit-burst 5 -j DROP"
sudo iptables -I DOCKER-USER $call -m conntrack --ctorigdst 198.51.100.1 $limit
sudo ip6tables -I DOCKER-USER $call -m conntrack --ctorigdst 2001:db8:51::1 $limit
sudo iptables -I DOCKER-USER -s 198.51.100.96/28 $call -j RETURN
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::a:0/112 $call -j RETURN
