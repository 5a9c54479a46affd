#!/bin/bash
# At the address that the internet knows. The machine has one for each of its networks, and each of them opens the ledger.
sudo iptables -I DOCKER-USER -i ext0 -m conntrack --ctstate NEW --ctorigdst 198.51.100.1 -j DROP
sudo iptables -I DOCKER-USER -i ext0 -s 198.51.100.20 -p tcp -m conntrack --ctorigdstport 8081 -j RETURN
