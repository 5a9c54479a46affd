#!/bin/bash
# All the memory that the machine was given. How much of it is in use was the question.
containers=$(cat /sys/fs/cgroup/system.slice/docker-*.scope/memory.stat | awk '$1 == "anon" { s += $2 } END { print s }')
guest=$(awk '/^MemTotal/ { print $2 }' /proc/meminfo)
printf 'containers: %s\nguest: %s kB\n' "$containers" "$guest" >~/findings/memory
