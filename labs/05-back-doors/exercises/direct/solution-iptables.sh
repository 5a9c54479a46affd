#!/bin/bash
# The same with iptables. In this Docker there is no DOCKER-USER for IPv6, and nobody else has rules in FORWARD there.
for tables in iptables ip6tables; do
    chain=DOCKER-USER
    sudo $tables -nL DOCKER-USER >/dev/null 2>&1 || chain=FORWARD
    sudo $tables -I $chain ! -i br-+ -o br-+ -m conntrack --ctstate NEW -m conntrack ! --ctstate DNAT -j DROP
done
