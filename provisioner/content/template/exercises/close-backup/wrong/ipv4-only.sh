#!/bin/bash
# Closes IPv4 and leaves IPv6 open.
sudo iptables -I INPUT ! -i lo -p tcp --dport 9000 -j DROP
