#!/bin/bash
# Noted, and then the container was restarted: the same program is another process now.
teller=$(docker top bank -o pid,comm | awk '$2 == "teller" { print $1 }')
printf 'machine: %s\ncontainer: %s\n' "$teller" "$(awk '/^NSpid:/ { print $3 }' "/proc/$teller/status")" >~/answers/teller
docker restart bank
