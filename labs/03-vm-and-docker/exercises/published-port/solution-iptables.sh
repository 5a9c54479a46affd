#!/bin/bash
# Both families by hand: forwarded packets in DOCKER-USER, and before ufw's chains in INPUT those to docker-proxy.
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8081 --ctdir ORIGINAL -j REJECT
sudo ip6tables -I INPUT -i ext0 -p tcp --dport 8081 -j REJECT
