#!/bin/bash
# Everything that does not come from the administrator is dropped, the shop's customers too.
sudo iptables -I DOCKER-USER -i ext0 ! -s 198.51.100.20 -j DROP
sudo ip6tables -I INPUT -i ext0 -p tcp --dport 8083 ! -s 2001:db8:51::20 -j DROP
sudo ip6tables -I INPUT -i ext0 -p tcp --dport 8083 -s 2001:db8:51::20 -j ACCEPT
