#!/bin/bash
# "Then Docker keeps its hands off the firewall": the rules that it has made stay, with everything that they open.
echo '{"iptables": false}' | sudo tee /etc/docker/daemon.json
sudo systemctl restart docker
