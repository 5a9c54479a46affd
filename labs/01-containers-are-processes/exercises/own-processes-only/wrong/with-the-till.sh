#!/bin/bash
# No longer in the machine's namespace, but in the till's: of all containers, the one with the password.
cd ~/office
sed -i 's/pid: host/pid: "container:till"/' compose.yaml
docker compose up --detach
