#!/bin/bash
# No interface in the rule: it holds for every network, also for those that do not exist yet.
sudo iptables -I DOCKER-USER -d 169.254.169.254 -j REJECT
chain=DOCKER-USER
sudo ip6tables -nL DOCKER-USER >/dev/null 2>&1 || chain=FORWARD
sudo ip6tables -I $chain -d fd00:ec2::254 -j REJECT
