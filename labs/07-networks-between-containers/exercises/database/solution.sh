#!/bin/bash
# A network of its own for the two of them. The booking is in both networks, the register in this one only.
cd ~/hotel
sed -i '/^  booking:/,/networks:/ s/networks: .*/networks: [hotel, back]/' compose.yaml
sed -i '/^  register:/,/networks:/ s/networks: .*/networks: [back]/' compose.yaml
cat >>compose.yaml <<'NETWORK'
  back:
    internal: true
    driver_opts:
      com.docker.network.bridge.name: br-back
NETWORK
docker compose up --detach
