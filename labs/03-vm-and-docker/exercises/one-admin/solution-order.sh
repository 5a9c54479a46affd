#!/bin/bash
# The same in pairs: first who passes, then who does not. -I puts a rule on top, so the last one typed is asked first.
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8083 -j DROP
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8083 -s 198.51.100.20 -j RETURN
sudo ip6tables -I INPUT -i ext0 -p tcp --dport 8083 -j DROP
sudo ip6tables -I INPUT -i ext0 -p tcp --dport 8083 -s 2001:db8:51::20 -j ACCEPT
