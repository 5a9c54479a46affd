#!/bin/bash
# The rival has a few addresses, surely. The one next to it belongs to a listener.
sudo iptables -I DOCKER-USER -s 198.51.100.76/31 -p tcp -m conntrack --ctorigdstport 8000 -j DROP
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::76/127 -p tcp -m conntrack --ctorigdstport 8000 -j DROP
