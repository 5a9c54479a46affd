#!/bin/bash
# Lets only the administrator's IPv4 address come in by SSH: everybody else, and IPv6, is locked out.
sudo ufw allow from 198.51.100.20 to any port 22 proto tcp
sudo ufw allow 8080/tcp
sudo ufw --force enable
