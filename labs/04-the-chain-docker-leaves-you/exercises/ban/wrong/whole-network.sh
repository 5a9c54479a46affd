#!/bin/bash
# His network, to be on the safe side: café, partners and everybody else live in it, too.
sudo iptables -I DOCKER-USER -s 198.51.100.0/24 -j DROP
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::/64 -j DROP
