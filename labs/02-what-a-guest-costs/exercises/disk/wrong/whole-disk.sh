#!/bin/bash
# The size of the guest's disk. It is lent from the host, and most of it was never used.
{
    echo "container: $(docker inspect --size --format '{{.SizeRw}}' stock)"
    echo "guest: $(df --block-size=1 --output=size / | tail -1)"
} >~/findings/disk
