#!/bin/bash
# One container's, where all three were asked for.
containers=$(docker stats --no-stream --format '{{.MemUsage}}' orders | sed 's/ .*//')
guest=$(free --mebi | awk '/^Mem/ { print $3 }')
printf 'containers: %s\nguest: %s MiB\n' "$containers" "$guest" >~/findings/memory
