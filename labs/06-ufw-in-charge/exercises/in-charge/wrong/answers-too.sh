#!/bin/bash
# Without a word about answers: the containers call the agency, and never hear it.
sudo iptables -I DOCKER-USER -i ext0 -j DROP
sudo iptables -I DOCKER-USER -i ext0 -s 198.51.100.20 -p tcp -m conntrack --ctorigdstport 8081 -j RETURN
