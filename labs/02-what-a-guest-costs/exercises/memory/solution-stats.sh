#!/bin/bash
# Docker's own table, and `free`.
containers=$(docker stats --no-stream --format '{{.MemUsage}}' orders invoices stock | sed 's/MiB.*//' | awk '{ s += $1 } END { print s }')
used=$(free --mebi | awk '/^Mem/ { print $3 }')
awk -v used="$used" -v c="$containers" 'BEGIN { printf "containers: %.1f MiB\nguest: %.1f MiB\n", c, used - c }' >~/findings/memory
