#!/bin/bash
# Over IPv6 everybody with an address of the wide world is kept out. A neighbour on the cable has one that begins with fe80.
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -j DROP
sudo ip6tables -I INPUT -i ext0 -s 2000::/3 -p tcp --dport 8081 -j DROP
