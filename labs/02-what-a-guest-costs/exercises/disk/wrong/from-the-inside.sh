#!/bin/bash
# Inside the container all its files seem to be its own.
{
    echo "container: $(docker exec stock du -sx / | cut -f1)K"
    echo "guest: $(sudo du -shx --exclude=/var/lib/docker / 2>/dev/null | cut -f1)"
} >~/findings/disk
