#!/bin/bash
# Nobody rings the bell any more, and the guests have no breakfast.
for tables in iptables ip6tables; do
    sudo $tables -I INPUT -i br-+ -m conntrack --ctstate NEW -j DROP
    sudo $tables -I INPUT -i docker0 -m conntrack --ctstate NEW -j DROP
done
