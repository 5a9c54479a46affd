#!/bin/bash
# Keeps him out of the radio's network. Containers that are started in another one are his.
sudo iptables -I DOCKER-USER -s 198.51.100.66 -o br-radio -j DROP
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::66 -o br-radio -j DROP
