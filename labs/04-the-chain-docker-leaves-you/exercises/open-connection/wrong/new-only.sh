#!/bin/bash
# It cannot call again, and it does not have to: its connection is open.
sudo iptables -I DOCKER-USER -s 198.51.100.77 -p tcp -m conntrack --ctstate NEW --ctorigdstport 8000 -j DROP
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::77 -p tcp -m conntrack --ctstate NEW --ctorigdstport 8000 -j DROP
