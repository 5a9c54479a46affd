#!/bin/bash
# From an old recipe: callers have ports from 1024 on. Whoever is root on his own machine takes a lower one.
for tables in iptables ip6tables; do
    sudo $tables -I DOCKER-USER -i ext0 -p tcp --sport 1024: -m conntrack --ctorigdstport 8081 -j DROP
done
