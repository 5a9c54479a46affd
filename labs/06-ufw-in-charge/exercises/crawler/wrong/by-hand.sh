#!/bin/bash
# Over IPv4 typed into the chain that ufw fills from its file: the next reload empties it.
sudo iptables -I DOCKER-USER -s 198.51.100.64/28 -p tcp -m conntrack --ctorigdstport 8080 -j DROP
sudo ufw prepend deny proto tcp from 2001:db8:51:0:66::/80 to any port 8080
