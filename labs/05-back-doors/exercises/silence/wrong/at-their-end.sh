#!/bin/bash
# Rules in the networks of those who have been seen. Their machines are not ours, and there are others.
for zone in outside insurer guards tenants; do
    for tables in iptables ip6tables; do sudo ip netns exec $zone $tables -I OUTPUT -p udp --dport 5140 -j DROP; done
done
