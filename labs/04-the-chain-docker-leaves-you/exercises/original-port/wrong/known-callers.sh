#!/bin/bash
# A list of those who have been seen. Whoever is not on it mixes along.
call="-p tcp -m conntrack --ctorigdstport 8081 -j DROP"
for last in 10 20 30 66 77 97 110 112; do sudo iptables -I DOCKER-USER -s 198.51.100.$last $call; done
for last in 10 20 30 66 77 a:97 a:110 b:112; do sudo ip6tables -I DOCKER-USER -s 2001:db8:51::$last $call; done
