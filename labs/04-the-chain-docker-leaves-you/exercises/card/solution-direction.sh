#!/bin/bash
# Packets in the direction of whoever has begun the connection: an answer has the other one.
for tables in iptables ip6tables; do
    sudo $tables -I DOCKER-USER -i house0 -m conntrack --ctdir ORIGINAL -j DROP
done
