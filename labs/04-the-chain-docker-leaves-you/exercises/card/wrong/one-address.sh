#!/bin/bash
# The machine's address in the house. The tenants ask for its other one, and come in by the same card.
sudo iptables -I DOCKER-USER -m conntrack --ctstate NEW --ctorigdst 203.0.113.1 -j DROP
sudo ip6tables -I DOCKER-USER -m conntrack --ctstate NEW --ctorigdst 2001:db8:52::1 -j DROP
