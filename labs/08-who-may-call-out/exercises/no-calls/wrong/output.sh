#!/bin/bash
# OUTPUT is for what the machine itself sends. Packets of containers are forwarded.
address=$(docker inspect --format '{{.NetworkSettings.Networks.shop_thumbs.IPAddress}}' thumbs)
sudo iptables -I OUTPUT -s "$address" -j DROP
sudo ip6tables -I OUTPUT -s 2001:db8:8:2::/64 -j DROP
