#!/bin/bash
# Appended: Docker's rules have decided by then.
for tables in iptables ip6tables; do
    sudo $tables -A FORWARD -i br-thumbs -m conntrack --ctstate NEW -j DROP
done
