#!/bin/bash
# The right list for the machine. But over IPv6 the containers of one bridge do not reach each other any more.
sudo ufw allow in on lan0
sudo ufw allow in on ext0 proto tcp to any port 22,8080,8101,8102
for tables in "from 172.16.0.0/12" "from 2001:db8:7:4::/64"; do # the containers' own addresses
    sudo ufw allow proto tcp $tables to any port 8080,9100
done
sudo ufw --force enable
