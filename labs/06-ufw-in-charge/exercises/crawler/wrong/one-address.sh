#!/bin/bash
# The address in today's log. The next one is as good.
sudo ufw route insert 1 deny proto tcp from 198.51.100.66 to 172.31.1.10 port 80
sudo ufw prepend deny proto tcp from 2001:db8:51:0:66::1 to any port 8080
