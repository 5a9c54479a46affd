#!/bin/bash
# Linux takes its ports from 32768 to 60999, and others take the rest: a sender chooses.
for tables in iptables ip6tables; do
    sudo $tables -t raw -I PREROUTING -i ext0 -p tcp --sport 1:60999 --dport 8081 -j DROP
done
