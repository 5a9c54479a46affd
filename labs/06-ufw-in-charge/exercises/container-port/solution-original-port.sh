#!/bin/bash
# A rule in after.rules can name the published port: connection tracking remembers what was asked for.
rule='-A DOCKER-USER -j RETURN -p tcp -m conntrack --ctorigdstport 8080'
sudo sed -i "0,/^-A DOCKER-USER -j ufw-docker-deny/s//$rule\n&/" /etc/ufw/after.rules
sudo ufw reload
sudo ufw allow 8080/tcp
