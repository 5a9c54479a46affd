#!/bin/bash
# The internet is where port 443 is. It has 65534 other ports.
for tables in iptables ip6tables; do
    sudo $tables -I INPUT -i br-cellar -m conntrack --ctstate NEW -j DROP
    sudo $tables -I FORWARD -i br-cellar -p tcp --dport 443 -j DROP
done
