#!/bin/bash
# Bound to the address that the reception asks for. Containers can ask for it, too.
cd ~/hotel
sed -i 's/"8082:80"/"203.0.113.1:8082:80", "[2001:db8:52::1]:8082:80"/' compose.yaml
docker compose up --detach
