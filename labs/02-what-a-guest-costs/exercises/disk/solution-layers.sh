#!/bin/bash
# Without Docker's arithmetic: the container's own layer is a folder, and everything else can be added up.
layer=$(docker inspect --format '{{.GraphDriver.Data.UpperDir}}' stock)
{
    echo "container: $(sudo du --summarize --human-readable "$layer" | cut -f1)"
    echo "guest: $(sudo du --summarize --human-readable --one-file-system --exclude=/var/lib/docker / 2>/dev/null | cut -f1)"
} >~/findings/disk
