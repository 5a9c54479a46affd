#!/bin/bash
# The unit can also be masked, and the rule be taken out by its number.
sudo systemctl disable --now old-firewall
sudo rm -f /etc/systemd/system/old-firewall.service
sudo systemctl daemon-reload
number=$(sudo iptables -L DOCKER-USER --line-numbers -n -v | awk '$4 == "DROP" && $8 == "ext0" {print $1}' | head -n 1)
[ -n "$number" ] || number=$(sudo iptables -S DOCKER-USER | grep -n -- '-o ext0' | head -n 1 | cut -d: -f1 | awk '{print $1 - 1}')
sudo iptables -D DOCKER-USER "$number"
