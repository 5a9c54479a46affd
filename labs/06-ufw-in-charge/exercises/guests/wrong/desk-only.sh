#!/bin/bash
# No more private addresses but those of containers, the desk and the printer. The office has more machines than these.
sudo sed -i \
    -e 's/^\(-A DOCKER-USER -j RETURN\) -s 10\.0\.0\.0\/8$/\1 -s 192.168.57.30/' \
    -e 's/^\(-A DOCKER-USER -j RETURN\) -s 192\.168\.0\.0\/16$/\1 -s 192.168.57.10/' \
    /etc/ufw/after.rules
sudo ufw reload
