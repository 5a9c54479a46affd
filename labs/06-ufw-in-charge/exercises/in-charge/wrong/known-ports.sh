#!/bin/bash
# A list of what is forbidden. `docker ps` shows one more container than the compose file does.
for port in 8080 8082 8083; do
    sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport $port -j DROP
done
sudo iptables -I DOCKER-USER -i ext0 ! -s 198.51.100.20 -p tcp -m conntrack --ctorigdstport 8081 -j DROP
