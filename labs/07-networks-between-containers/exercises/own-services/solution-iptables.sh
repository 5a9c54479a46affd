#!/bin/bash
# The same as a chain of its own in INPUT, for both families.
for tables in iptables ip6tables; do
    sudo $tables -N CONTAINERS
    sudo $tables -A CONTAINERS -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN
    sudo $tables -A CONTAINERS -p tcp -m multiport --dports 8080,9100 -j RETURN
    sudo $tables -A CONTAINERS -p ipv6-icmp -j RETURN # without it IPv6 does not find its neighbours
    sudo $tables -A CONTAINERS -j DROP
    sudo $tables -I INPUT -i br-+ -j CONTAINERS
    sudo $tables -I INPUT -i docker0 -j CONTAINERS
done
