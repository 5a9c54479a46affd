#!/bin/bash
# On the machine's own network the cache listens on port 80 of the machine, and nobody on 8082.
cd ~/shop
sed -i 's/ports: \["8082:80"\]/network_mode: host/' compose.yaml
docker compose up --detach
