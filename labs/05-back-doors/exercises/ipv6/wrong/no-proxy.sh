#!/bin/bash
# Without docker-proxy nobody answers over IPv6 any more, for any port: the tickets are gone, too.
echo '{"userland-proxy": false}' | sudo tee /etc/docker/daemon.json
sudo systemctl restart docker
