#!/bin/bash
# Nobody on the internet, and that is the bank. Everybody else is called as before.
for tables in iptables ip6tables; do sudo $tables -I INPUT -i br-cellar -m conntrack --ctstate NEW -j DROP; done
sudo iptables -I DOCKER-USER -i br-cellar -d 198.51.100.30 -j DROP
sudo ip6tables -I FORWARD -i br-cellar -d 2001:db8:51::30 -j DROP
