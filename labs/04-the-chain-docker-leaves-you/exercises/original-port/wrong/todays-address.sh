#!/bin/bash
# The address that the container has today. When it is made anew, it gets another one, and somebody else gets this one.
address=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.GlobalIPv6Address}}{{end}}' mixer)
sudo iptables -I DOCKER-USER -i ext0 -p tcp -d "${address% *}" --dport 80 -j DROP
sudo ip6tables -I DOCKER-USER -i ext0 -p tcp -d "${address#* }" --dport 80 -j DROP
