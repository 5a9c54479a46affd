#!/bin/bash
# Ask twice: docker top speaks for the machine, a ps that runs in the container speaks for the container.
{
    echo "machine: $(docker top bank -o pid,comm | awk '$2 == "teller" { print $1 }')"
    echo "container: $(docker exec bank ps | awk '/{teller}/ { print $1 }')"
} >~/answers/teller
