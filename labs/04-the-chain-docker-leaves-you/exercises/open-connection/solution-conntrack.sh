#!/bin/bash
# No new calls, and then the kernel forgets the one that is open: its next packet is a new one, and meets the rule.
sudo iptables -I DOCKER-USER -s 198.51.100.77 -p tcp -m conntrack --ctstate NEW --ctorigdstport 8000 -j DROP
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::77 -p tcp -m conntrack --ctstate NEW --ctorigdstport 8000 -j DROP
sudo conntrack -D -p tcp -s 198.51.100.77 --dport 8000
sudo conntrack -D -f ipv6 -p tcp -s 2001:db8:51::77 --dport 8000 || :
