#!/bin/bash
# The right list, and a port that no packet has any more when the list is asked.
sudo ufw route allow proto tcp from any to any port 8080
sudo ufw allow 8080/tcp
