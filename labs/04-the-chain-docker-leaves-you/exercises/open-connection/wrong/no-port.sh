#!/bin/bash
# Without the port the recorder does not get to the web site either.
sudo iptables -I DOCKER-USER -s 198.51.100.77 -j DROP
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::77 -j DROP
