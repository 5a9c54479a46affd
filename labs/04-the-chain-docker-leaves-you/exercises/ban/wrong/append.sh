#!/bin/bash
# Appended, for the third time: it stands below two rules that have decided by then.
sudo iptables -A DOCKER-USER -s 198.51.100.66 -j DROP
sudo ip6tables -A DOCKER-USER -s 2001:db8:51::66 -j DROP
