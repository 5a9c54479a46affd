#!/bin/bash
# Right for IPv4. Over IPv6 the packet is for the machine itself, and ufw's other list is closed.
sudo ufw route allow proto tcp from any to 172.31.1.10 port 80
