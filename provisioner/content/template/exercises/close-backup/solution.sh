#!/bin/bash
# In front of everything else, for both families.
for tables in iptables ip6tables; do
    sudo $tables -I INPUT ! -i lo -p tcp --dport 9000 -j DROP
done
