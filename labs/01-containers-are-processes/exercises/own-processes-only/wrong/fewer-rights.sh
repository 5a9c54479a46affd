#!/bin/bash
# Takes its capabilities away. They are about what it may do; what it sees is the namespace's affair.
cd ~/office
sed -i 's/pid: host/&\n    cap_drop: [ALL]\n    read_only: true/' compose.yaml
docker compose up --detach
