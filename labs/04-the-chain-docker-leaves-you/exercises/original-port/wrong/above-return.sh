#!/bin/bash
# The right rule, above the RETURN and below the welcome, which has accepted the packet by then.
for tables in iptables ip6tables; do
    line=$(sudo $tables -nL DOCKER-USER --line-numbers | awk '/RETURN/ { print $1; exit }')
    sudo $tables -I DOCKER-USER "$line" -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -j DROP
done
