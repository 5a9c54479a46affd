#!/bin/bash
# All the bridges that there are. The network that is made tomorrow has one more.
for tables in iptables ip6tables; do
    for bridge in docker0 br-hotel br-guests br-staff br-cellar; do
        sudo $tables -I INPUT -i $bridge -m conntrack --ctstate NEW -j DROP
        sudo $tables -I INPUT -i $bridge -p tcp -m multiport --dports 8080,9100 -j ACCEPT
    done
    sudo $tables -I INPUT -p ipv6-icmp -j ACCEPT
done
