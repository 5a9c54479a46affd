#!/bin/bash
# The internet only. House and depot have a way to the containers, too.
for tables in iptables ip6tables; do
    chain=DOCKER-USER
    sudo $tables -nL DOCKER-USER >/dev/null 2>&1 || chain=FORWARD
    sudo $tables -I $chain -i ext0 -o br-+ -m conntrack --ctstate NEW -m conntrack ! --ctstate DNAT -j DROP
done
