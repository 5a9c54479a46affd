#!/bin/bash
# The crawlers' own machines are told not to crawl. They are not ours to tell, and tomorrow there are others.
for zone in crawler crawler-2; do
    for tables in iptables ip6tables; do
        sudo ip netns exec $zone $tables -A OUTPUT -p tcp --dport 8080 -j DROP
    done
done
