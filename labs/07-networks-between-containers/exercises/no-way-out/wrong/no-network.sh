#!/bin/bash
# No network at all: the cellar has nobody to talk to, not even the sommelier.
cd ~/hotel
sed -i '/^  cellar: #/,/networks:/ s/networks: .*/network_mode: none/' compose.yaml
docker compose up --detach
