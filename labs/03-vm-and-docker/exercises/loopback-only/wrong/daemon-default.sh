#!/bin/bash
# The daemon's default address holds for Docker's first bridge, not for the network that compose makes.
echo '{"ip": "127.0.0.1"}' | sudo tee /etc/docker/daemon.json >/dev/null
sudo systemctl restart docker
