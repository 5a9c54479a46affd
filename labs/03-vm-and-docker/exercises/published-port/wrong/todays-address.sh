#!/bin/bash
# The address that the container has today. Made anew, it has another one, and somebody else has this one.
sudo ufw delete allow 8081/tcp
address=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' stats)
sudo iptables -I DOCKER-USER -i ext0 -d "$address" -p tcp --dport 80 -j DROP
