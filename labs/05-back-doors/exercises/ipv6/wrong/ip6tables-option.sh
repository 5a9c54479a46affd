#!/bin/bash
# Docker's own rules for IPv6 are for containers that have IPv6 addresses; the archive has none.
echo '{"experimental": true, "ip6tables": true}' | sudo tee /etc/docker/daemon.json
sudo systemctl restart docker
