#!/bin/bash
# `expose` is only a note for people; it leads no port of the machine to the container.
cd ~/shop
sed -i 's/ports: \["8082:80"\]/expose: ["8082"]/' compose.yaml
docker compose up --detach
