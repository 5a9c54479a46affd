#!/bin/bash
# A route is for everybody who sends from here: the machine has lost its metadata, too.
sudo ip route add blackhole 169.254.169.254/32
sudo ip -6 route add blackhole fd00:ec2::254/128
