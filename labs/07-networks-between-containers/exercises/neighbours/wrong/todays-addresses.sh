#!/bin/bash
# Two rooms, two addresses: those of today. A guest who is started first tomorrow gets another one, and the rule is about somebody else.
sudo modprobe br_netfilter # in a system container it is the host's business, and done
address() { docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$1"; }
sudo iptables -I DOCKER-USER -s "$(address room1)" -d "$(address room2)" -j DROP
sudo iptables -I DOCKER-USER -s "$(address room2)" -d "$(address room1)" -j DROP
sudo iptables -t raw -I PREROUTING -s "$(address room1)" -p tcp --dport 8102 -m addrtype --dst-type LOCAL -j DROP
sudo iptables -t raw -I PREROUTING -s "$(address room2)" -p tcp --dport 8101 -m addrtype --dst-type LOCAL -j DROP
