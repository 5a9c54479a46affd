#!/bin/bash
# Above the RETURN, where people say that a rule has to be, and below the welcome.
for tables in iptables ip6tables; do
    line=$(sudo $tables -nL DOCKER-USER --line-numbers | awk '/RETURN/ { print $1; exit }')
    address=198.51.100.66
    [ $tables = iptables ] || address=2001:db8:51::66
    sudo $tables -I DOCKER-USER "$line" -s $address -j DROP
done
