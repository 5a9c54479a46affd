#!/bin/bash
# Around the two addresses in the log, and not to the ends of the range: 64, 79 and a few billions are left out.
for address in $(seq 65 78); do
    sudo ufw route insert 1 deny proto tcp from 198.51.100.$address to 172.31.1.10 port 80
done
sudo ufw prepend deny proto tcp from 2001:db8:51:0:66::/96 to any port 8080
