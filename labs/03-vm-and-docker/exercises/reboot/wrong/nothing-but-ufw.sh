#!/bin/bash
# ufw brings back its own rules only; those in DOCKER-USER are lost.
sudo systemctl enable ufw
sudo ufw reload
