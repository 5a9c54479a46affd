#!/bin/bash
# IPv4 is right. For IPv6 the machine's own list is opened altogether: what nobody has thought of answers now.
sudo ufw route allow proto tcp from any to 172.31.1.10 port 80
sudo ufw default allow incoming
for port in 8082 8083 7070; do sudo ufw deny $port; done
