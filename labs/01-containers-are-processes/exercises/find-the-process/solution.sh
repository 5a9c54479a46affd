#!/bin/bash
# Every process of the container descends from its first one, and the kernel says how each namespace numbers it.
first=$(docker inspect --format '{{.State.Pid}}' bank)
teller=$(pgrep --parent "$first" --exact teller)
{
    echo "machine: $teller"
    echo "container: $(awk '/^NSpid:/ { print $3 }' "/proc/$teller/status")"
} >~/answers/teller
