#!/bin/bash
# The firewall is on, and nobody allowed SSH: locked out.
sudo ufw --force enable
