#!/bin/bash
# An ordinary user may not kill other people's processes, but may read their command lines.
cd ~/office
sed -i 's/pid: host/&\n    user: "1000:1000"/' compose.yaml
docker compose up --detach
