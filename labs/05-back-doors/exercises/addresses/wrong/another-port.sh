#!/bin/bash
# Published for the machine only. The house is sent to a second port, which answers everybody.
cd ~/museum
sed -i 's|\["8082:80"\]|["127.0.0.1:8082:80", "[::1]:8082:80", "8482:80"]|' compose.yaml
docker compose up -d cameras
sudo iptables -t nat -I PREROUTING -i house0 -p tcp --dport 8082 -m addrtype --dst-type LOCAL -j REDIRECT --to-ports 8482
sudo ip6tables -t nat -I PREROUTING -i house0 -p tcp --dport 8082 -m addrtype --dst-type LOCAL -j REDIRECT --to-ports 8482
