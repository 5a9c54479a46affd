#!/bin/bash
# Shuts out the one stranger who has knocked, and the owner from what is not his. The next stranger has another address.
sudo iptables -I DOCKER-USER -s 198.51.100.10 -m conntrack --ctstate NEW -j DROP
for port in 8082 7070; do
    sudo iptables -I DOCKER-USER -s 198.51.100.20 -p tcp -m conntrack --ctstate NEW --ctorigdstport $port -j DROP
done
