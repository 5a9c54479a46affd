#!/bin/bash
# The two who have been caught at it. The next guest gets another address.
for guest in 192.168.56.10 192.168.56.77; do
    sudo ufw route prepend deny from $guest to 172.16.0.0/12
done
