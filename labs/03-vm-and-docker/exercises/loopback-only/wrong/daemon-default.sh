#!/bin/bash
# This default is for Docker's own bridge only; the network that compose made stays open.
echo '{"ip": "127.0.0.1"}' | sudo tee /etc/docker/daemon.json
sudo systemctl restart docker
