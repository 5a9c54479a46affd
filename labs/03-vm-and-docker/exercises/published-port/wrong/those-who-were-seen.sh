#!/bin/bash
# A list of people who must not. Everybody else may.
sudo ufw delete allow 8081/tcp
for address in 198.51.100.10 198.51.100.20 198.51.100.30; do
    sudo iptables -I DOCKER-USER -i ext0 -s $address -p tcp -m conntrack --ctorigdstport 8081 -j DROP
done
