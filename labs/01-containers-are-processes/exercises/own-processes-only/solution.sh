#!/bin/bash
# The line that gives up the isolation goes, and the container is made anew.
cd ~/office
sed -i '/pid: host/d' compose.yaml
docker compose up --detach
