#!/bin/bash
# The "virtual" size: with the image, which is there only once for all three.
{
    docker ps --size --filter name=stock --format '{{.Size}}' | sed 's/.*virtual \(.*\))/container: \1/'
    echo "guest: $(sudo du -shx --exclude=/var/lib/docker / 2>/dev/null | cut -f1)"
} >~/findings/disk
