#!/bin/bash
# Takes for an answer whatever comes from a web server's port, or a name server's. A stranger may send from there as well.
sudo iptables -I DOCKER-USER -i ext0 -j DROP
for from in "tcp --sport 80" "tcp --sport 443" "udp --sport 53"; do
    sudo iptables -I DOCKER-USER -i ext0 -p $from -j RETURN
done
sudo iptables -I DOCKER-USER -i ext0 -s 198.51.100.20 -p tcp -m conntrack --ctorigdstport 8081 -j RETURN
