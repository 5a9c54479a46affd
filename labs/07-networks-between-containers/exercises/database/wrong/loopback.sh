#!/bin/bash
# A published port is one way more into a container. It takes none away.
cd ~/hotel
sed -i '/container_name: register/a\    ports: ["127.0.0.1:5432:80"]' compose.yaml
docker compose up --detach
