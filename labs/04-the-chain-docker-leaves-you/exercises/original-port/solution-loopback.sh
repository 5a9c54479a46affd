#!/bin/bash
# Does not publish it to the world in the first place.
cd ~/radio
sed -i 's/"8081:80"/"127.0.0.1:8081:80"/' compose.yaml
docker compose up --detach
