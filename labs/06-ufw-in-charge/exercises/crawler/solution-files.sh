#!/bin/bash
# In ufw's own files, at places that are asked before its lists. (Answers of theirs to a guest belong to a connection of his.)
ipv4='-A DOCKER-USER -j DROP -s 198.51.100.64\/28 -p tcp -m conntrack --ctorigdstport 8080 --ctdir ORIGINAL'
ipv6='-A ufw6-before-input -j DROP -s 2001:db8:51:0:66::\/80 -p tcp --dport 8080'
sudo sed -i "0,/^-A DOCKER-USER/s//$ipv4\n&/" /etc/ufw/after.rules
sudo sed -i "0,/^-A ufw6-before-input/s//$ipv6\n&/" /etc/ufw/before6.rules
sudo ufw reload
