#!/bin/bash
# Hits the one that may ask, the machine, and none of those that must not.
sudo iptables -I OUTPUT -d 169.254.169.254 -j DROP
sudo ip6tables -I OUTPUT -d fd00:ec2::254 -j DROP
