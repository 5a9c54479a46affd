#!/bin/bash
# This default is for Docker's own network only; and what would be closed by it would be closed for the guards.
echo '{"ip": "127.0.0.1"}' | sudo tee /etc/docker/daemon.json
sudo systemctl restart docker
