#!/bin/bash
# Gives up the container's own network: it reaches the bank, and everything on the machine's 127.0.0.1 as well.
cd ~/shop
sed -i '/^  worker:/,$ s/^    image: lab\/web/&\n    network_mode: host/' compose.yaml
docker compose up --detach
