#!/bin/bash
# Docker's option is for settings of which each container has its own; of this one there is only the machine's.
cd ~/office
sed -i '/container_name: search/a\    sysctls: {fs.aio-max-nr: 1048576}' compose.yaml
docker compose up --detach || true
