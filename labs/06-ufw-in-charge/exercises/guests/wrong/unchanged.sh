#!/bin/bash
# The usual rules, read once more and found good: everybody uses them.
sudo iptables -nL DOCKER-USER
sudo ufw reload
