#!/bin/bash
# The house's range in place of its card: who lives there behind a router of his own has other addresses.
sudo iptables -I DOCKER-USER -s 203.0.113.0/24 -m conntrack ! --ctstate ESTABLISHED,RELATED -j DROP
sudo ip6tables -I DOCKER-USER -s 2001:db8:52::/64 -m conntrack ! --ctstate ESTABLISHED,RELATED -j DROP
