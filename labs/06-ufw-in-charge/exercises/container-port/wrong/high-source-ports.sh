#!/bin/bash
# As old recipes have it: clients have ports from 1024 on. Not all of them.
rule='-A DOCKER-USER -j RETURN -p tcp --sport 1024:65535 -m conntrack --ctorigdstport 8080'
sudo sed -i "0,/^-A DOCKER-USER -j ufw-docker-deny/s//$rule\n&/" /etc/ufw/after.rules
sudo ufw reload
sudo ufw allow 8080/tcp
