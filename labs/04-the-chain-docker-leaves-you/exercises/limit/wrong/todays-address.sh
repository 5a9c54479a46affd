#!/bin/bash
# The archive, by the address that its container has today.
address=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.GlobalIPv6Address}}{{end}}' archive)
limit="-m hashlimit --hashlimit-name old --hashlimit-mode srcip --hashlimit-above 30/minute --hashlimit-burst 5 -j DROP"
call="-i ext0 -p tcp --dport 80 -m conntrack --ctstate NEW"
sudo iptables -I DOCKER-USER -d "${address% *}" $call $limit
sudo iptables -I DOCKER-USER -s 198.51.100.96/28 $call -j RETURN
sudo ip6tables -I DOCKER-USER -d "${address#* }" $call $limit
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::a:0/112 $call -j RETURN
