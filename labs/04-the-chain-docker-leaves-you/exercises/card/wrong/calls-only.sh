#!/bin/bash
# TCP is shut out, and datagrams are not.
for tables in iptables ip6tables; do
    sudo $tables -I DOCKER-USER -i house0 -p tcp -m conntrack ! --ctstate ESTABLISHED,RELATED -j DROP
done
