#!/bin/bash
# An address of the machine, but the public one: strangers reach it, and 127.0.0.1 does not.
cd ~/shop
sed -i 's/"8082:80"/"198.51.100.1:8082:80"/' compose.yaml
docker compose up --detach
