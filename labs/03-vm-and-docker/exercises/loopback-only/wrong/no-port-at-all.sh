#!/bin/bash
# Takes the port away from the machine itself as well.
cd ~/shop
sed -i '/"8082:80"/d' compose.yaml
docker compose up --detach
