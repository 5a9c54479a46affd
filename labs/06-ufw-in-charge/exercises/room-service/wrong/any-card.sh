#!/bin/bash
# At the machine's address in the guests' network, by whichever card one comes: the internet may ask for that address, too.
rule='-A DOCKER-USER -j RETURN -p tcp -m conntrack --ctorigdst 192.168.56.1 --ctorigdstport 8083'
sudo sed -i "0,/^-A DOCKER-USER -j ufw-docker-deny/s//$rule\n&/" /etc/ufw/after.rules
sudo ufw reload
sudo ufw allow to 2001:db8:56::1 port 8083 proto tcp
