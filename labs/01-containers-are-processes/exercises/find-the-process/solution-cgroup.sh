#!/bin/bash
# Without asking Docker for processes: its control group lists them, and nsenter shows the same list from the inside.
id=$(docker inspect --format '{{.Id}}' bank)
for process in $(cat "/sys/fs/cgroup/system.slice/docker-$id.scope/cgroup.procs"); do
    if [ "$(cat "/proc/$process/comm")" = teller ]; then
        read -r _ outside inside < <(grep NSpid "/proc/$process/status")
        printf 'machine: %s\ncontainer: %s\n' "$outside" "$inside" >~/answers/teller
    fi
done
