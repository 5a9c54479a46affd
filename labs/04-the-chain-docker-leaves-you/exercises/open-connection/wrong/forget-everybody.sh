#!/bin/bash
# Makes the kernel forget all connections, the café's as well.
sudo iptables -I DOCKER-USER -s 198.51.100.77 -p tcp -m conntrack --ctstate NEW --ctorigdstport 8000 -j DROP
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::77 -p tcp -m conntrack --ctstate NEW --ctorigdstport 8000 -j DROP
sudo conntrack -F
