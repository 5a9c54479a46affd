#!/bin/bash
# Right for IPv4. He has an IPv6 address as well.
sudo iptables -I DOCKER-USER -s 198.51.100.66 -j DROP
