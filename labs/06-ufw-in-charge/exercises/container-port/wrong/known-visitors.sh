#!/bin/bash
# Those who have asked so far. Everybody is more than that: the hotel wants to be found by people who do not know it yet.
for visitor in 198.51.100.10 198.51.100.20 192.168.56.0/24 192.168.57.0/24; do
    sudo ufw route allow proto tcp from $visitor to 172.31.1.10 port 80
done
for visitor in 2001:db8:51::10 2001:db8:51::20 2001:db8:56::/64 2001:db8:57::/64; do
    sudo ufw allow proto tcp from $visitor to any port 8080
done
