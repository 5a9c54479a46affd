#!/bin/bash
# Docker has rewritten the port by now; connection tracking still knows which one was asked for.
for tables in iptables ip6tables; do
    sudo $tables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -j DROP
done
