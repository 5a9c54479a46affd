#!/bin/bash
# Everybody is more than the internet: the guests sit behind another card.
sudo ufw route allow in on ext0 proto tcp from any to 172.31.1.10 port 80
sudo ufw allow in on ext0 to any port 8080 proto tcp
