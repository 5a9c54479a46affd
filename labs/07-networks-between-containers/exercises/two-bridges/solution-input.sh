#!/bin/bash
# At both ends of the fork: what goes to docker-proxy passes INPUT, what Docker has rewritten passes DOCKER-USER.
for tables in iptables ip6tables; do
    sudo $tables -I INPUT ! -i lan0 -p tcp --dport 8082 -j DROP
    sudo $tables -I INPUT -i lo -p tcp --dport 8082 -j ACCEPT
done
sudo iptables -I DOCKER-USER -o br-staff ! -i lan0 -p tcp -m conntrack --ctorigdstport 8082 -j DROP
