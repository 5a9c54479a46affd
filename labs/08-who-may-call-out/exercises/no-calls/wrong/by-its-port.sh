#!/bin/bash
# Its answers are known by the number of the port alone: port 8081 of anybody else has that, too.
for tables in iptables ip6tables; do
    sudo $tables -t mangle -I FORWARD -i br-thumbs ! -o br-thumbs -j DROP
    sudo $tables -t mangle -I FORWARD -i br-thumbs -p tcp -m conntrack --ctorigdstport 8081 -j ACCEPT
done
