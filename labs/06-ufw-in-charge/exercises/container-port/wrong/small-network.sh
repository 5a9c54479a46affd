#!/bin/bash
# "10 and its surroundings": 172.31.1.8/29 are eight addresses, and the ledger and the kitchen have two of them.
sudo ufw route allow proto tcp from any to 172.31.1.8/29 port 80
sudo ufw allow 8080/tcp
