#!/bin/bash
# The address that everybody knows. The other one gives out the same keys.
sudo iptables -I DOCKER-USER -d 169.254.169.254 -j DROP
