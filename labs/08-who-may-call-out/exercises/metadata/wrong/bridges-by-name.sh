#!/bin/bash
# Docker calls its bridges docker0 and br-something, unless somebody gives one another name.
for bridge in docker0 br-+; do
    sudo iptables -I DOCKER-USER -i $bridge -d 169.254.169.254 -j DROP
    sudo ip6tables -t raw -I PREROUTING -i $bridge -d fd00:ec2::254 -j DROP
done
