#!/bin/bash
# Six times in half a minute is slow enough for a crawler, and it is not what was asked: from there nobody reaches the website.
sudo ufw route insert 1 limit proto tcp from 198.51.100.64/28 to 172.31.1.10 port 80
sudo ufw prepend limit proto tcp from 2001:db8:51:0:66::/80 to any port 8080
