#!/bin/bash
# IPv4 is right. For IPv6 the ports from the compose file are opened in one line, and the kitchen is among them.
sudo ufw route allow proto tcp from any to 172.31.1.10 port 80
sudo ufw allow 8080:8083/tcp
