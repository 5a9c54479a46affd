#!/bin/bash
# At the machine's address in the guests' network, which is where they ask. It has others, and routes to all of them.
for protocol in tcp udp; do
    rule="-A DOCKER-USER -i wifi0 -p $protocol -m conntrack --ctorigdst 192.168.56.1 -j DROP"
    sudo sed -i "0,/^-A DOCKER-USER/s//$rule\n&/" /etc/ufw/after.rules
done
sudo ufw reload
