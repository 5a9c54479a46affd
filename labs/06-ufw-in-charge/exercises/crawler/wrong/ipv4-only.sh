#!/bin/bash
# Right for IPv4. The crawler has IPv6 as well.
sudo ufw route insert 1 deny proto tcp from 198.51.100.64/28 to 172.31.1.10 port 80
