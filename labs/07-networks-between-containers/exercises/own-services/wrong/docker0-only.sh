#!/bin/bash
# docker0 is where guides look. Networks that compose makes have bridges of their own.
for tables in iptables ip6tables; do
    sudo $tables -I INPUT -i docker0 -p tcp -m multiport ! --dports 8080,9100 -m conntrack --ctstate NEW -j DROP
done
