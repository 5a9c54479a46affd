#!/bin/bash
# ufw is about INPUT, and so is this. Its default refuses; first the list, then the switch. Once ufw is on, it also judges what is
# forwarded, and over IPv6 even what two containers of one bridge say to each other: that stays Docker's business.
sudo sed -i 's/^DEFAULT_FORWARD_POLICY=.*/DEFAULT_FORWARD_POLICY="ACCEPT"/' /etc/default/ufw
sudo ufw allow in on lan0
sudo ufw allow in on ext0 proto tcp to any port 22,8080,8101,8102
for bridges in docker0 br-+; do # + is for whatever follows: the bridges of all networks that have been made and will be
    sudo ufw allow in on $bridges proto tcp to any port 8080,9100
done
sudo ufw --force enable
