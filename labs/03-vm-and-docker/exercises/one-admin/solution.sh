#!/bin/bash
# IPv4, through DOCKER-USER: everything but the administrator's address is dropped.
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8083 ! -s 198.51.100.20 -j DROP
# IPv6, through docker-proxy on the machine itself: admit one address, drop the rest, both before ufw's own chains.
sudo ip6tables -I INPUT -i ext0 -p tcp --dport 8083 -j DROP
sudo ip6tables -I INPUT -i ext0 -p tcp --dport 8083 -s 2001:db8:51::20 -j ACCEPT
