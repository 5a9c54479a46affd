#!/bin/bash
# All bridges that there are, Docker's own among them. Tomorrow's network has one with another name.
for tables in iptables ip6tables; do
    for bridge in docker0 br-hotel br-guests br-cellar; do
        sudo $tables -I INPUT -i $bridge -p tcp --dport 8082 -j DROP
    done
done
