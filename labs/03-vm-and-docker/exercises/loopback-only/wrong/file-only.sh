#!/bin/bash
# The file is right, and the running container is the old one.
cd ~/shop
sed -i 's/"8082:80"/"127.0.0.1:8082:80"/' compose.yaml
docker compose restart cache
