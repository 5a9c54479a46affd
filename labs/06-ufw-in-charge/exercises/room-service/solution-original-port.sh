#!/bin/bash
# In after.rules the published port can be named, and that one stays.
rule='-A DOCKER-USER -j RETURN -i wifi0 -p tcp -m conntrack --ctorigdstport 8083'
sudo sed -i "0,/^-A DOCKER-USER -j ufw-docker-deny/s//$rule\n&/" /etc/ufw/after.rules
sudo ufw reload
sudo ufw allow in on wifi0 to any port 8083 proto tcp
