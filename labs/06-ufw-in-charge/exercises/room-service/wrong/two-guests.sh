#!/bin/bash
# The two guests who have asked. The next one gets another address.
for guest in 192.168.56.10 192.168.56.77; do
    sudo ufw route allow out on br-rooms proto tcp from $guest to any port 80
done
for guest in 2001:db8:56::10 2001:db8:56::77; do
    sudo ufw allow proto tcp from $guest to any port 8083
done
