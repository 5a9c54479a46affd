#!/bin/bash
# Rules in the container's own network. It goes with the container, and a program that is root there can remove them.
pid=$(docker inspect --format '{{.State.Pid}}' thumbs)
for tables in iptables ip6tables; do
    sudo nsenter --target "$pid" --net $tables -A OUTPUT ! -o lo -m conntrack --ctstate NEW -j DROP
done
