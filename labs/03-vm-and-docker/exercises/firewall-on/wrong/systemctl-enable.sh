#!/bin/bash
# Starts the unit of ufw; /etc/ufw/ufw.conf still says ENABLED=no, so it loads nothing.
sudo ufw allow 22/tcp
sudo ufw allow 8080/tcp
sudo systemctl enable --now ufw
