#!/bin/bash
# Without a filter: packets that the machine has not made itself find no way there.
sudo ip route add prohibit 169.254.169.254 table 254254
sudo ip rule add not iif lo to 169.254.169.254 lookup 254254 priority 100
sudo ip -6 route add prohibit fd00:ec2::254 table 254254
sudo ip -6 rule add not iif lo to fd00:ec2::254 lookup 254254 priority 100
