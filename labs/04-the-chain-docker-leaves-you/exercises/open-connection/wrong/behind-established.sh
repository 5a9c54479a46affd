#!/bin/bash
# The right rule, one line below the one that accepts what is open.
for tables in iptables ip6tables; do
    line=$(sudo $tables -nL DOCKER-USER --line-numbers | awk '/ESTABLISHED/ { print $1 + 1; exit }')
    address=198.51.100.77
    [ $tables = iptables ] || address=2001:db8:51::77
    sudo $tables -I DOCKER-USER "$line" -s $address -p tcp -m conntrack --ctorigdstport 8000 -j DROP
done
