#!/bin/bash
# Closed for the containers, and for the reception.
cd ~/hotel
sed -i 's/"8082:80"/"127.0.0.1:8082:80"/' compose.yaml
docker compose up --detach
