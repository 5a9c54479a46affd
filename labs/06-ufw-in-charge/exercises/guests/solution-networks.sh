#!/bin/bash
# The same by addresses: not all of the private ones, but exactly those of Docker's networks and of the office.
sudo sed -i \
    -e 's/^\(-A DOCKER-USER -j RETURN -s\) 10\.0\.0\.0\/8$/\1 172.17.0.0\/16/' \
    -e 's/^\(-A DOCKER-USER -j RETURN -s\) 172\.16\.0\.0\/12$/\1 172.31.0.0\/16/' \
    -e 's/^\(-A DOCKER-USER -j RETURN -s\) 192\.168\.0\.0\/16$/\1 192.168.57.0\/24/' \
    /etc/ufw/after.rules
sudo ufw reload
