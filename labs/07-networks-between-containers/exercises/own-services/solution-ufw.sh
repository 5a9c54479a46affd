#!/bin/bash
# ufw is about INPUT, and so is this. Its default refuses; first the list, then the switch.
sudo ufw allow in on lan0
sudo ufw allow in on ext0 proto tcp to any port 22,8080,8101,8102
for tables in "from 172.16.0.0/12" "from 2001:db8:7:4::/64"; do # the containers' own addresses
    sudo ufw allow proto tcp $tables to any port 8080,9100
done
sudo ufw --force enable
