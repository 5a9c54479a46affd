#!/bin/bash
# `free` in a container speaks of the whole machine: the kernel is the machine's. Three times that is three times wrong.
containers=$(for name in orders invoices stock; do docker exec "$name" free -k; done | awk '/^Mem/ { s += $3 } END { print s }')
guest=$(free --kibi | awk '/^Mem/ { print $3 }')
printf 'containers: %s KiB\nguest: %s KiB\n' "$containers" "$guest" >~/findings/memory
