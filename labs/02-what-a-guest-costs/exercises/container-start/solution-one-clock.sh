#!/bin/bash
# One kernel has one clock: the container's first output is the time at which it was made, and its end does not count.
for _ in 1 2 3 4 5; do
    read -r begun _ </proc/uptime
    docker run --rm lab/web cat /proc/uptime | awk -v begun="$begun" '{ printf "%.2f s\n", $1 - begun }'
done | sort -n | sed -n 3p >~/findings/container-start
