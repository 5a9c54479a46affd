#!/bin/bash
# VSZ is address space: what a program has reserved. Nothing need be in it.
containers=$(for name in orders invoices stock; do docker top "$name" -o vsz | tail -n +2; done | awk '{ s += $1 } END { print s }')
guest=$(free --kibi | awk '/^Mem/ { print $3 }')
printf 'containers: %s KiB\nguest: %s KiB\n' "$containers" "$guest" >~/findings/memory
