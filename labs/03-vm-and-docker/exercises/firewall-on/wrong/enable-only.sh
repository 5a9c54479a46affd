#!/bin/bash
# Switches the firewall on before anything is allowed: the next SSH login is locked out.
sudo ufw --force enable
