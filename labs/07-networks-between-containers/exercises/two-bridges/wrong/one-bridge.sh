#!/bin/bash
# The guests are locked out. Everybody else in the house still reads.
for tables in iptables ip6tables; do
    sudo $tables -I INPUT -i br-guests -p tcp --dport 8082 -j DROP
done
