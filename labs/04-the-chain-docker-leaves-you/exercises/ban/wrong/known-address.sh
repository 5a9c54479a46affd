#!/bin/bash
# What he asks at the address in the telephone book. The machine answers at others, too.
sudo iptables -I DOCKER-USER -s 198.51.100.66 -m conntrack --ctorigdst 198.51.100.1 -j DROP
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::66 -m conntrack --ctorigdst 2001:db8:51::1 -j DROP
