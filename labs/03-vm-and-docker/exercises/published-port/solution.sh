#!/bin/bash
# IPv4: Docker has rewritten the destination by now; conntrack still knows the port that was asked for.
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -j DROP
# IPv6: docker-proxy listens on the machine itself, so ufw decides, and somebody has once allowed this port.
sudo ufw delete allow 8081/tcp
