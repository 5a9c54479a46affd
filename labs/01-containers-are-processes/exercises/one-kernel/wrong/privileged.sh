#!/bin/bash
# It works, and the search engine may do anything to the machine from now on.
cd ~/office
sed -i '/container_name: search/a\    privileged: true' compose.yaml
docker compose up --detach
docker exec search sysctl -w fs.aio-max-nr=1048576
