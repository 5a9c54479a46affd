#!/bin/bash
# Port 8082 is not in the packet any more: nothing is ever counted.
limit="-m hashlimit --hashlimit-name old --hashlimit-mode srcip --hashlimit-above 30/minute --hashlimit-burst 5 -j DROP"
for tables in iptables ip6tables; do
    sudo $tables -I DOCKER-USER -i ext0 -p tcp --dport 8082 -m conntrack --ctstate NEW $limit
done
sudo iptables -I DOCKER-USER -s 198.51.100.96/28 -p tcp --dport 8082 -j RETURN
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::a:0/112 -p tcp --dport 8082 -j RETURN
