#!/bin/bash
# du counts in units of 1024 bytes unless told otherwise, and here that was not passed on.
layer=$(docker inspect --format '{{.GraphDriver.Data.UpperDir}}' stock)
{
    echo "container: $(sudo du -s "$layer" | cut -f1)"
    echo "guest: $(sudo du -sx --exclude=/var/lib/docker / 2>/dev/null | cut -f1)"
} >~/findings/disk
