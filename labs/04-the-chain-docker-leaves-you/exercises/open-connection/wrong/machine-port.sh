#!/bin/bash
# In DOCKER-USER the packets are for port 80 by now.
sudo iptables -I DOCKER-USER -s 198.51.100.77 -p tcp --dport 8000 -j DROP
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::77 -p tcp --dport 8000 -j DROP
