#!/bin/bash
# The same more thoroughly: the unit's file goes as well, so that nobody enables it again.
sudo systemctl disable --now old-firewall
sudo rm /etc/systemd/system/old-firewall.service
sudo systemctl daemon-reload
sudo iptables -D DOCKER-USER -o ext0 -m conntrack --ctstate NEW -j DROP
