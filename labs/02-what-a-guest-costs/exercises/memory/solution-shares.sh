#!/bin/bash
# Process by process. Pss is a process's fair share: a page that n of them use counts as an nth for each.
shares() { # PROCESSES...
    for process; do sudo cat "/proc/$process/smaps_rollup" 2>/dev/null; done | awk '/^Pss:/ { s += $2 } END { print s }'
}
ours=$(for name in orders invoices stock; do docker top "$name" -o pid | tail -n +2; done)
# shellcheck disable=SC2086  # a list of numbers
containers=$(shares $ours)
everybody=$(sudo sh -c 'cat /proc/[0-9]*/smaps_rollup 2>/dev/null' | awk '/^Pss:/ { s += $2 } END { print s }')
kernel=$(awk '/^(SUnreclaim|KernelStack|PageTables|Percpu):/ { s += $2 } END { print s }' /proc/meminfo)
printf 'containers: %s kB\nguest: %s kB\n' "$containers" $((everybody - containers + kernel)) >~/findings/memory
