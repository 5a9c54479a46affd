#!/bin/bash
# Those who may not are stopped in their own networks. The machine itself would still answer everybody.
for zone in outside payments; do
    sudo ip netns exec $zone iptables -A OUTPUT -p tcp --dport 8083 -j DROP
done
sudo ufw allow proto tcp from 2001:db8:51::20 to any port 8083
