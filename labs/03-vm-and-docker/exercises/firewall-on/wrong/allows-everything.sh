#!/bin/bash
# Allows every port, and so the backup service too.
sudo ufw allow 1:65535/tcp
sudo ufw --force enable
