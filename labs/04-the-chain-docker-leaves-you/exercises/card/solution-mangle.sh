#!/bin/bash
# In the table mangle, whose FORWARD comes before that of the filter, and which Docker leaves alone.
for tables in iptables ip6tables; do
    sudo $tables -t mangle -A FORWARD -i house0 -m conntrack ! --ctstate ESTABLISHED,RELATED -j DROP
done
