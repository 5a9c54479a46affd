#!/bin/bash
# A list of those who have been caught. The insurance company looks on, and so does whoever comes next.
for address in 198.51.100.10 198.51.100.20 192.0.2.10; do
    sudo iptables -I DOCKER-USER -s $address -p tcp -m conntrack --ctorigdstport 8082 -j DROP
done
for address in 2001:db8:51::10 2001:db8:51::20 2001:db8:53::10; do
    sudo ip6tables -I INPUT -s $address -p tcp --dport 8082 -j DROP
done
