#!/bin/bash
# Whatever comes in elsewhere than from the house, for whichever address. IPv4 is forwarded, IPv6 goes to docker-proxy.
sudo iptables -I DOCKER-USER -p tcp -o br-museum ! -i house0 -m conntrack --ctorigdstport 8082 -j DROP
sudo ip6tables -I INPUT -p tcp --dport 8082 ! -i house0 -j DROP
sudo ip6tables -I INPUT -p tcp --dport 8082 -i lo -j ACCEPT
