#!/bin/bash
# DOCKER-USER belongs to the administrator. With these rules it asks what ufw has been told about forwarded packets.
sudo tee -a /etc/ufw/after.rules <~/docker.rules >/dev/null
sudo ufw reload
