#!/bin/bash
# Mends the script that makes the list, so that it is right after the next boot as well.
sudo sed -i '/^ip6\?tables -A DOCKER-USER -s /s/-A/-I/' /usr/local/sbin/radio-firewall
sudo systemctl restart radio-firewall
