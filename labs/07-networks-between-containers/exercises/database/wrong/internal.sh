#!/bin/bash
# Internal means: no way out. Within the network everybody still reaches everybody, and the booking has no customers.
cd ~/hotel
sed -i '/^  hotel:/a\    internal: true' compose.yaml
docker compose down
docker compose up --detach
