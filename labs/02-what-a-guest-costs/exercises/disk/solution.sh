#!/bin/bash
# Docker knows what each container has of its own; and the machine's disk less Docker's folder is the guest.
used=$(df --block-size=1 --output=used / | tail -1)
docker=$(sudo du --summarize --one-file-system --block-size=1 /var/lib/docker | cut -f1)
{
    echo "container: $(docker inspect --size --format '{{.SizeRw}}' stock)"
    echo "guest: $((used - docker))"
} >~/findings/disk
