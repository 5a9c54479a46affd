#!/bin/bash
# IPv4: Docker has rewritten the destination by now; conntrack still knows the port that was asked for.
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -j DROP
# IPv6: docker-proxy listens on the machine itself, so the packet goes to INPUT.
sudo ip6tables -I INPUT -i ext0 -p tcp --dport 8081 -j DROP
