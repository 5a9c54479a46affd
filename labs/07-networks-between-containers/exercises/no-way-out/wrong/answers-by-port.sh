#!/bin/bash
# Answers are known by the port that they come from: who calls from port 443 gets to the machine as well.
for line in "iptables icmp" "ip6tables ipv6-icmp"; do
    read -r tables ping <<<"$line"
    sudo "$tables" -I INPUT -i br-cellar -j DROP
    sudo "$tables" -I INPUT -i br-cellar -p "$ping" -j ACCEPT
    sudo "$tables" -I INPUT -i br-cellar -p tcp -m multiport --sports 80,443 -j ACCEPT
    sudo "$tables" -t mangle -I FORWARD -i br-cellar ! -o br-cellar -j DROP
done
