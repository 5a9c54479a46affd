#!/bin/bash
# About packets that come from another bridge. The guestbook's never leave their own.
register=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' register)
sudo iptables -I DOCKER-USER ! -i br-hotel -d "$register" -j DROP
