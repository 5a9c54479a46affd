#!/bin/bash
# In Docker's own chain, which is asked after DOCKER-USER (and made anew whenever Docker likes).
for tables in iptables ip6tables; do
    sudo $tables -I DOCKER -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -j DROP
done
