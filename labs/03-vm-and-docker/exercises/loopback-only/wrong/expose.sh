#!/bin/bash
# EXPOSE is a note on the image; it publishes nothing, not even to the machine.
cd ~/shop
sed -i 's/    ports: \["8082:80"\]/    expose: ["80"]/' compose.yaml
docker compose up --detach
