#!/bin/bash
# On top of FORWARD, which works until Docker starts again and puts its own rules above.
for tables in iptables ip6tables; do
    sudo $tables -I FORWARD ! -i br-+ -o br-+ -m conntrack --ctstate NEW -m conntrack ! --ctstate DNAT -j DROP
done
