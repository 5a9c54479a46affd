#!/bin/bash
# Cuts the connection that is there, by its port. The next one has another.
port=$(sudo conntrack -L -p tcp -s 198.51.100.77 --dport 8000 2>/dev/null | grep -o 'sport=[0-9]*' | head -n 1)
sudo iptables -I DOCKER-USER -s 198.51.100.77 -p tcp --sport "${port#sport=}" -j DROP
