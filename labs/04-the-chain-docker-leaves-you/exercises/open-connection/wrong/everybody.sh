#!/bin/bash
# Without the address nobody hears the programme: the connection is cut, and so is everybody's.
for tables in iptables ip6tables; do
    sudo $tables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8000 -j DROP
done
