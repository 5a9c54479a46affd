#!/bin/bash
# On top of FORWARD it works, until Docker starts again and puts its own rules above.
sudo iptables -I FORWARD -s 198.51.100.66 -j DROP
sudo ip6tables -I FORWARD -s 2001:db8:51::66 -j DROP
