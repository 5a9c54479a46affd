#!/bin/bash
# Without ufw, for both families: what may come in, and then a policy for all the rest.
for tables in iptables ip6tables; do
    sudo $tables -A INPUT -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
    sudo $tables -A INPUT -i lo -j ACCEPT
    sudo $tables -A INPUT -p tcp -m multiport --dports 22,8080 -j ACCEPT
done
sudo iptables -A INPUT -p icmp -j ACCEPT
sudo ip6tables -A INPUT -p ipv6-icmp -j ACCEPT # without it IPv6 does not find its neighbours
sudo iptables -P INPUT DROP
sudo ip6tables -P INPUT DROP
