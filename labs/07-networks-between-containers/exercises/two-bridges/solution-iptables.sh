#!/bin/bash
# The same with iptables. Accepting in the table mangle only means: no more rules of this table.
for tables in iptables ip6tables; do
    sudo $tables -t mangle -I PREROUTING ! -i lan0 -p tcp --dport 8082 -m addrtype --dst-type LOCAL -j DROP
    sudo $tables -t mangle -I PREROUTING -i lo -p tcp --dport 8082 -j ACCEPT
done
