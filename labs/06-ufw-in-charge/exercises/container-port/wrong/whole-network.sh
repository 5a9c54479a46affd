#!/bin/bash
# The network of the website is that of the ledger, too.
sudo ufw route allow proto tcp from any to 172.31.1.0/24 port 80
sudo ufw allow 8080/tcp
