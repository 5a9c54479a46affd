#!/bin/bash
# The rule that drops is asked before the rule that admits.
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8083 -s 198.51.100.20 -j RETURN
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8083 -j DROP
sudo ip6tables -I INPUT -i ext0 -p tcp --dport 8083 -s 2001:db8:51::20 -j ACCEPT
sudo ip6tables -I INPUT -i ext0 -p tcp --dport 8083 -j DROP
