#!/bin/bash
# The address has been rewritten, just as the port has.
sudo ufw route allow proto tcp from any to 198.51.100.1 port 80
sudo ufw allow 8080/tcp
