#!/bin/bash
# At the end of FORWARD: over IPv4 Docker's rules have let the packet pass by then.
for tables in iptables ip6tables; do
    sudo $tables -A FORWARD ! -i br-+ -o br-+ -m conntrack --ctstate NEW -m conntrack ! --ctstate DNAT -j DROP
done
