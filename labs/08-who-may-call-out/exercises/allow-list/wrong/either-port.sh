#!/bin/bash
# --ports means the sender's port as well as the receiver's: from its own port 443 the worker reaches every port of the bank.
for tables in iptables ip6tables; do
    sudo $tables -t mangle -A FORWARD -i br-worker -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
done
sudo iptables -t mangle -A FORWARD -i br-worker -d 198.51.100.30 -p tcp -m multiport --ports 443 -j ACCEPT
sudo ip6tables -t mangle -A FORWARD -i br-worker -d 2001:db8:51::30 -p tcp -m multiport --ports 443 -j ACCEPT
for tables in iptables ip6tables; do sudo $tables -t mangle -A FORWARD -i br-worker ! -o br-worker -j DROP; done
