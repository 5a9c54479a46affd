#!/bin/bash
# The ports from which the machine itself calls stay open, for the answers. What listens there is open as well.
sudo ufw allow 22/tcp
sudo ufw allow 8080/tcp
sudo ufw allow 32768:65535/tcp
sudo ufw allow 32768:65535/udp
sudo ufw --force enable
