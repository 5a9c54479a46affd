#!/bin/bash
# Calls only, as if every container spoke TCP. The counter takes datagrams.
for tables in iptables ip6tables; do
    chain=DOCKER-USER
    sudo $tables -nL DOCKER-USER >/dev/null 2>&1 || chain=FORWARD
    sudo $tables -I $chain ! -i br-+ -o br-+ -p tcp -m conntrack --ctstate NEW -m conntrack ! --ctstate DNAT -j DROP
done
