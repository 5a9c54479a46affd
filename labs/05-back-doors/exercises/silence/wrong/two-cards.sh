#!/bin/bash
# The internet and the house. The depot's tenants are somebody else as well, and come in by a third card.
for card in ext0 house0; do
    sudo iptables -I DOCKER-USER -i $card -p udp -m conntrack --ctorigdstport 5140 ! -s 198.51.100.20 -j DROP
    sudo ip6tables -I INPUT -i $card -p udp --dport 5140 ! -s 2001:db8:51::20 -j DROP
done
