#!/bin/bash
# A list of one rule. What the others accept, Docker lets pass anyway.
for tables in iptables ip6tables; do sudo $tables -F DOCKER-USER; done
sudo iptables -A DOCKER-USER -s 198.51.100.66 -j DROP
sudo ip6tables -A DOCKER-USER -s 2001:db8:51::66 -j DROP
