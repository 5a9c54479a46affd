#!/bin/bash
# Closes IPv4; IPv6 stays open.
sudo iptables -I INPUT -i ext0 -p tcp --dport 9000 -j DROP
