#!/bin/bash
# The networks that `docker network ls` shows today. What is started next week brings its own.
for bridge in br-hotel br-rooms docker0; do
    sudo iptables -I DOCKER-USER -i ext0 -o $bridge -m conntrack --ctstate NEW -j DROP
done
sudo iptables -I DOCKER-USER -i ext0 -s 198.51.100.20 -p tcp -m conntrack --ctorigdstport 8081 -j RETURN
