#!/bin/bash
# Rules in the network that `outside` sends from. It is not ours, and there are others in the world.
for tables in iptables ip6tables; do
    sudo ip netns exec outside $tables -A OUTPUT -p tcp -m multiport ! --dports 22,8080 -j REJECT
done
