#!/bin/bash
# A firewall that is on and lets every port in: "active", and nothing has changed.
sudo ufw allow 1:65535/tcp
sudo ufw --force enable
