#!/bin/bash
# The stream, by the address that its container has today.
address=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.GlobalIPv6Address}}{{end}}' stream)
sudo iptables -I DOCKER-USER -s 198.51.100.77 -d "${address% *}" -j DROP
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::77 -d "${address#* }" -j DROP
