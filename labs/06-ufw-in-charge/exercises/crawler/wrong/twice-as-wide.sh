#!/bin/bash
# Ranges that are easier to remember, one bit wider. In each of them live as many others as crawlers.
sudo ufw route insert 1 deny proto tcp from 198.51.100.64/27 to 172.31.1.10 port 80
sudo ufw prepend deny proto tcp from 2001:db8:51:0:66::/79 to any port 8080
