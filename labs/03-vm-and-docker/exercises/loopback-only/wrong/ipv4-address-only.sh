#!/bin/bash
# 0.0.0.0 is not the machine itself: it is every IPv4 address of it.
cd ~/shop
sed -i 's/"8082:80"/"0.0.0.0:8082:80"/' compose.yaml
docker compose up --detach
