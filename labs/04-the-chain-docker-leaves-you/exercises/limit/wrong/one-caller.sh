#!/bin/bash
# The one from whom most calls came. All others fetch as before.
limit="-m hashlimit --hashlimit-name one --hashlimit-mode srcip --hashlimit-above 30/minute --hashlimit-burst 5 -j DROP"
call="-i ext0 -p tcp -m conntrack --ctstate NEW --ctorigdstport 8082"
sudo iptables -I DOCKER-USER -s 198.51.100.112 $call $limit
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::b:112 $call $limit
