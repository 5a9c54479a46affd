#!/bin/bash
# The address before the port: only the machine itself can reach 127.0.0.1.
cd ~/shop
sed -i 's/"8082:80"/"127.0.0.1:8082:80"/' compose.yaml
docker compose up --detach
