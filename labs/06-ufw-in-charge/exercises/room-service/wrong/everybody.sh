#!/bin/bash
# Not for the guests but for the whole world.
sudo ufw route allow out on br-rooms to any port 80 proto tcp
sudo ufw allow 8083/tcp
