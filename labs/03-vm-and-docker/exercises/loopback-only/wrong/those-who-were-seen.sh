#!/bin/bash
# Two people are named, and kept out. The bank, and all others, read the cache.
for address in 198.51.100.10 198.51.100.20; do
    sudo iptables -I DOCKER-USER -i ext0 -s $address -p tcp -m conntrack --ctorigdstport 8082 -j DROP
done
