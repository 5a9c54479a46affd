#!/bin/bash
# Over IPv6 only the last sixteen bits are compared ("providers change the rest"): whoever has the same gets in.
sudo iptables -I DOCKER-USER -i ext0 ! -s 198.51.100.20 -p tcp -m conntrack --ctorigdstport 8083 -j DROP
sudo ip6tables -I INPUT -i ext0 -p tcp --dport 8083 -j DROP
sudo ip6tables -I INPUT -i ext0 -s ::20/::ffff -p tcp --dport 8083 -j ACCEPT
