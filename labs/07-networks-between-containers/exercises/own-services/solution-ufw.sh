#!/bin/bash
# ufw is about INPUT, and so is this. Its default refuses; first the list, then the switch.
sudo ufw allow in on lan0
sudo ufw allow in on ext0 proto tcp to any port 22,8080,8101,8102
for bridges in docker0 br-+; do # + is for whatever follows: the bridges of all networks that have been made and will be
    sudo ufw allow in on $bridges proto tcp to any port 8080,9100
done
# Once ufw is on, it also judges what is forwarded. Over IPv6 Docker has no rules of its own there, and br_netfilter shows
# it even what two containers of one bridge say to each other. Not for all bridges: ufw is asked before Docker's `icc`.
sudo ufw route allow in on br-cellar
# It also lets every ping through that is forwarded.
sudo sed -i '/^-A ufw-before-forward -p icmp --icmp-type echo-request/d' /etc/ufw/before.rules
sudo ufw --force enable
