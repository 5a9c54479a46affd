#!/bin/bash
# The whole network that the crawler is in: other people live there.
sudo ufw route insert 1 deny proto tcp from 198.51.100.0/24 to 172.31.1.10 port 80
sudo ufw prepend deny proto tcp from 2001:db8:51::/64 to any port 8080
