#!/bin/bash
# The right change in the file; a restarted container keeps the ports that it was created with.
cd ~/shop
sed -i 's/"8082:80"/"127.0.0.1:8082:80"/' compose.yaml
docker compose restart
