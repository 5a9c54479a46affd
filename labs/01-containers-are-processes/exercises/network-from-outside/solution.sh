#!/bin/bash
# A program of the machine, with the container's network: one of the three rules has to go.
process=$(docker inspect --format '{{.State.Pid}}' orders)
sudo nsenter --target "$process" --net iptables -D INPUT -p tcp --dport 80 -j DROP
