#!/bin/bash
# The machine answers no container any more, and hears no answer of one.
for tables in iptables ip6tables; do
    sudo $tables -I INPUT -i br-+ -j DROP
    sudo $tables -I INPUT -i docker0 -j DROP
done
