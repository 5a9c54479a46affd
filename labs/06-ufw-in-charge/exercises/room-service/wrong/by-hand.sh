#!/bin/bash
# The right rule, in the kernel's memory only: neither a reload nor a boot brings it back.
sudo iptables -I DOCKER-USER -i wifi0 -o br-rooms -p tcp --dport 80 -j ACCEPT
sudo ufw allow in on wifi0 to any port 8083 proto tcp
