#!/bin/bash
# "The web site is TCP." What else a container may serve, it serves him as before.
sudo iptables -I DOCKER-USER -s 198.51.100.66 -p tcp -j DROP
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::66 -p tcp -j DROP
