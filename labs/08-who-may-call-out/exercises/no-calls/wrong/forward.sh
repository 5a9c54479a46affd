#!/bin/bash
# On top of FORWARD: with its next start Docker puts its own rules above it.
for tables in iptables ip6tables; do
    sudo $tables -I FORWARD -i br-thumbs ! -o br-thumbs -m conntrack --ctstate NEW -j DROP
done
