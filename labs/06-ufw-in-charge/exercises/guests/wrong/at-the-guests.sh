#!/bin/bash
# Not at the hotel's machine but at the guests' own: at those that are there today, and a guest does with his what he likes.
for guest in guests lobby; do
    sudo ip netns exec $guest iptables -A OUTPUT -p tcp -m multiport --dports 8081,8082,7070 -j REJECT
    sudo ip netns exec $guest iptables -A OUTPUT -p udp --dport 7070 -j REJECT
    sudo ip netns exec $guest iptables -A OUTPUT -d 172.16.0.0/12 -j REJECT
done
