#!/bin/bash
# All addresses of the three networks. The machine has more: Docker's bridges have one each, and each card one with fe80.
for address in 198.51.100.1 203.0.113.1 192.0.2.1; do
    sudo iptables -I DOCKER-USER ! -i house0 -p tcp -m conntrack --ctorigdst $address --ctorigdstport 8082 -j DROP
done
for address in 2001:db8:51::1 2001:db8:52::1 2001:db8:53::1; do
    sudo ip6tables -I INPUT ! -i house0 -p tcp -d $address --dport 8082 -j DROP
done
sudo ip6tables -I INPUT -i lo -p tcp --dport 8082 -j ACCEPT
