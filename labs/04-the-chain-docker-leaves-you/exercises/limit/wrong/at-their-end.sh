#!/bin/bash
# Asks the neighbour's machine to slow itself down. Nobody else's does.
for tables in iptables ip6tables; do
    call="-p tcp --dport 8082 --syn"
    sudo ip netns exec nextdoor $tables -A OUTPUT $call -m limit --limit 30/minute --limit-burst 5 -j ACCEPT
    sudo ip netns exec nextdoor $tables -A OUTPUT $call -j DROP
done
