#!/bin/bash
# The whole internet and the office, and of the guests the two who have asked. The next one has another address.
for card in ext0 office0; do
    sudo ufw route allow in on $card proto tcp from any to 172.31.1.10 port 80
done
for guest in 192.168.56.10 192.168.56.77; do
    sudo ufw route allow proto tcp from $guest to 172.31.1.10 port 80
done
sudo ufw allow 8080/tcp
