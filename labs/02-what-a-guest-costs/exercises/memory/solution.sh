#!/bin/bash
# The kernel keeps an account for each control group; what is not available and not on these accounts is the guest's.
containers=0
for name in orders invoices stock; do
    id=$(docker inspect --format '{{.Id}}' "$name")
    anon=$(awk '$1 == "anon" { print $2 }' "/sys/fs/cgroup/system.slice/docker-$id.scope/memory.stat")
    containers=$((containers + anon))
done
taken=$(awk '/^MemTotal/ { total = $2 } /^MemAvailable/ { print (total - $2) * 1024 }' /proc/meminfo)
printf 'containers: %s\nguest: %s\n' $containers $((taken - containers)) >~/findings/memory
