#!/bin/bash
# Port 80 of whom? The ledger listens on 80 as well, and so does the kitchen.
sudo ufw route allow proto tcp from any to any port 80
sudo ufw allow 8080/tcp
