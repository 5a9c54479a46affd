#!/bin/bash
# Five times from the call to the end of a container that says one word; the third of them, in order, is the middle.
for _ in 1 2 3 4 5; do
    begun=${EPOCHREALTIME/[.,]/}
    docker run --rm lab/web echo here >/dev/null
    ended=${EPOCHREALTIME/[.,]/}
    echo $(((ended - begun) / 1000))
done | sort -n | sed -n '3s/$/ ms/p' >~/findings/container-start
