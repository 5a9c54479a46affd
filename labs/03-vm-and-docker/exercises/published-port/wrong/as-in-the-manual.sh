#!/bin/bash
# Docker's manual shows the rule with an address. The machine has more than one, and answers at each of them.
sudo ufw delete allow 8081/tcp
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdst 198.51.100.1 --ctorigdstport 8081 -j DROP
