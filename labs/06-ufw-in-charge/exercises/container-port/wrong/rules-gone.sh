#!/bin/bash
# "It worked before I had these rules": the website is open again, and the ledger, and all the rest.
sudo sed -i '/^# Found on the web/,$d' /etc/ufw/after.rules
sudo ufw reload
sudo iptables -F DOCKER-USER
sudo ufw allow 8080/tcp
