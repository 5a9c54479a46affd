#!/bin/bash
# The first process of each container. The one that does the work, and has the data, is its child.
containers=0
for name in orders invoices stock; do
    rss=$(ps -o rss= -p "$(docker inspect --format '{{.State.Pid}}' "$name")")
    containers=$((containers + rss))
done
guest=$(free --kibi | awk '/^Mem/ { print $3 }')
printf 'containers: %s KiB\nguest: %s KiB\n' $containers "$guest" >~/findings/memory
