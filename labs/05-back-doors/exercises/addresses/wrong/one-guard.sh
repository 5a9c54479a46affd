#!/bin/bash
# One guard has an address that is known. The other screens stay dark.
sudo iptables -I DOCKER-USER -p tcp -o br-museum ! -s 203.0.113.10 -m conntrack --ctorigdstport 8082 -j DROP
sudo ip6tables -I INPUT -p tcp --dport 8082 ! -s 2001:db8:52::10 -j DROP
sudo ip6tables -I INPUT -p tcp --dport 8082 -i lo -j ACCEPT
