#!/bin/bash
# On top, and without a state: every packet of the recorder to this port, whatever connection it belongs to.
sudo iptables -I DOCKER-USER -s 198.51.100.77 -p tcp -m conntrack --ctorigdstport 8000 -j DROP
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::77 -p tcp -m conntrack --ctorigdstport 8000 -j DROP
