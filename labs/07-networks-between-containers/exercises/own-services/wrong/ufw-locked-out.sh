#!/bin/bash
# ufw closes for whoever is not on the list, and only the containers have been put on it.
sudo ufw allow 8080/tcp
sudo ufw allow 9100/tcp
sudo ufw --force enable
