#!/bin/bash
# "He will have more than one address": three neighbours, who have done nothing, are banned with him.
sudo iptables -I DOCKER-USER -s 198.51.100.64/30 -j DROP
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::64/126 -j DROP
