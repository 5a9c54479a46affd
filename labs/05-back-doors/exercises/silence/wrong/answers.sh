#!/bin/bash
# Stops the answers and not the questions: all is silent, and the counter counts what thieves send.
sudo iptables -I DOCKER-USER -i br-museum -p udp --sport 5140 ! -d 198.51.100.20 -j DROP
sudo ip6tables -I OUTPUT ! -o lo -p udp --sport 5140 ! -d 2001:db8:51::20 -j DROP
