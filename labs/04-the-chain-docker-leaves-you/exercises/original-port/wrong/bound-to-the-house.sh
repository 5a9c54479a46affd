#!/bin/bash
# Published to the machine itself, and to the house. That is an address of the machine, for which the internet may ask.
cd ~/radio
sed -i 's/"8081:80"/"127.0.0.1:8081:80", "203.0.113.1:8081:80"/' compose.yaml
docker compose up --detach
