#!/bin/bash
# First what must stay reachable, then the firewall.
sudo ufw allow 22/tcp
sudo ufw --force enable
