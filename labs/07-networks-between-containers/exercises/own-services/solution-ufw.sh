#!/bin/bash
# ufw is about INPUT, and so is this. Its default refuses; first the list, then the switch.
sudo ufw allow in on lan0
sudo ufw allow in on ext0 proto tcp to any port 22,8080,8101,8102
for tables in "from 172.16.0.0/12" "from 2001:db8:7:4::/64"; do # the containers' own addresses
    sudo ufw allow proto tcp $tables to any port 8080,9100
done
# Once ufw is on, it also judges what is forwarded. Over IPv6 Docker has no rules of its own there, and br_netfilter shows
# it even what two containers of one bridge say to each other.
sudo ufw route allow in on br-cellar out on br-cellar
sudo ufw --force enable
