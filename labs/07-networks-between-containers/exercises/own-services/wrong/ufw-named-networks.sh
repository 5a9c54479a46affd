#!/bin/bash
# The containers' ranges of today. Tomorrow's network has IPv6 addresses that are in no list: there nobody rings the bell.
sudo ufw allow in on lan0
sudo ufw allow in on ext0 proto tcp to any port 22,8080,8101,8102
for range in 172.16.0.0/12 2001:db8:7:4::/64; do
    sudo ufw allow proto tcp from $range to any port 8080,9100
done
sudo ufw route allow in on br-cellar
sudo ufw --force enable
