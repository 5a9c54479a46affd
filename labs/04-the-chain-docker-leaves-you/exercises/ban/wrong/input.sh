#!/bin/bash
# INPUT is for packets to the machine itself: the scraper loses SSH, and nothing else.
sudo iptables -I INPUT -s 198.51.100.66 -j DROP
sudo ip6tables -I INPUT -s 2001:db8:51::66 -j DROP
