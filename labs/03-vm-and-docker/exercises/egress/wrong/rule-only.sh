#!/bin/bash
# Deletes the rule and leaves the unit that makes it: back with the next restart of Docker.
sudo iptables -D DOCKER-USER -o ext0 -m conntrack --ctstate NEW -j DROP
