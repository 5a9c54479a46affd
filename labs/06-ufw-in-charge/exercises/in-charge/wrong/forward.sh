#!/bin/bash
# On top of FORWARD, where the next start of Docker puts its own rules above them.
sudo iptables -I FORWARD -i ext0 -m conntrack --ctstate NEW -j DROP
sudo iptables -I FORWARD -i ext0 -s 198.51.100.20 -p tcp -m conntrack --ctorigdstport 8081 -j ACCEPT
