#!/bin/bash
# Drops the answers of containers to the machine as well: docker-proxy and every program here get none.
for tables in iptables ip6tables; do
    sudo $tables -I INPUT -i br-+ -p tcp -m multiport ! --dports 8080,9100 -j DROP
    sudo $tables -I INPUT -i docker0 -p tcp -m multiport ! --dports 8080,9100 -j DROP
done
