#!/bin/bash
# -I puts the ban on top, where it is asked before anything else decides.
sudo iptables -I DOCKER-USER -s 198.51.100.66 -j DROP
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::66 -j DROP
