#!/bin/bash
# Before everything else: he does not get to port 22 either.
sudo iptables -t raw -I PREROUTING -s 198.51.100.66 -j DROP
sudo ip6tables -t raw -I PREROUTING -s 2001:db8:51::66 -j DROP
