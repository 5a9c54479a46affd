#!/bin/bash
# Rules in the scraper's own network. His machine is not ours: he flushes them, and is back.
for tables in iptables ip6tables; do
    sudo ip netns exec scraper $tables -I OUTPUT -p tcp -m multiport --dports 8000,8080:8082 -j DROP
done
