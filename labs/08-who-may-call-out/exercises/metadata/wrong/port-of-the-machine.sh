#!/bin/bash
# INPUT is for packets to the machine's own addresses, and 169.254.169.254 is none of them.
sudo iptables -I INPUT ! -i lo -d 169.254.169.254 -j DROP
sudo ip6tables -I INPUT ! -i lo -d fd00:ec2::254 -j DROP
