#!/bin/bash
# With address and port, as Docker's manual shows it. Asked at another of the machine's addresses, the desk answers.
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdst 198.51.100.1 --ctorigdstport 8081 -j DROP
sudo ip6tables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdst 2001:db8:51::1 --ctorigdstport 8081 -j DROP
