#!/bin/bash
# An address says little about who sends; the card says in which network he sits. Instead of whatever is private, let
# pass what comes from containers and from the office.
sudo sed -i \
    -e 's/^\(-A DOCKER-USER -j RETURN\) -s 10\.0\.0\.0\/8$/\1 -i br-+/' \
    -e 's/^\(-A DOCKER-USER -j RETURN\) -s 172\.16\.0\.0\/12$/\1 -i docker0/' \
    -e 's/^\(-A DOCKER-USER -j RETURN\) -s 192\.168\.0\.0\/16$/\1 -i office0/' \
    /etc/ufw/after.rules
sudo ufw reload
