#!/bin/bash
# Ends the recorder's connection, and everybody else's with it: the café hears nothing for a minute and a half.
sudo iptables -I DOCKER-USER -s 198.51.100.77 -p tcp -m conntrack --ctstate NEW --ctorigdstport 8000 -j DROP
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::77 -p tcp -m conntrack --ctstate NEW --ctorigdstport 8000 -j DROP
docker restart stream
