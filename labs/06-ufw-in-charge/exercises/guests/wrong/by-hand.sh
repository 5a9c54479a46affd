#!/bin/bash
# The right rules, typed into the chain that ufw fills from its file: the next reload empties it.
for bridge in br-hotel br-rooms docker0; do
    sudo iptables -I DOCKER-USER -i wifi0 -o $bridge -j DROP
done
