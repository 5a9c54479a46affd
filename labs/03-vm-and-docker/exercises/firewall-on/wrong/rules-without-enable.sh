#!/bin/bash
# Writes all the right rules, and never switches the firewall on.
sudo ufw default deny incoming
sudo ufw allow 22/tcp
sudo ufw allow 8080/tcp
sudo ufw reload
