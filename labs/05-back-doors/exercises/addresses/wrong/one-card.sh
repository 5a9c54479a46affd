#!/bin/bash
# The predecessor's rule without the address. The depot's tenants are not behind that card.
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8082 -j DROP
sudo ip6tables -I INPUT -i ext0 -p tcp --dport 8082 -j DROP
