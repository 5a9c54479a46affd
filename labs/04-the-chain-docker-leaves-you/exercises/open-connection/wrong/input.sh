#!/bin/bash
# Its packets are forwarded to the container, and never come to INPUT.
sudo iptables -I INPUT -s 198.51.100.77 -p tcp --dport 8000 -j DROP
sudo ip6tables -I INPUT -s 2001:db8:51::77 -p tcp --dport 8000 -j DROP
