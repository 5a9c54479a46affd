#!/bin/bash
# The file that it made. The one from the image that it changed has become a whole copy, which is its own as well.
{
    echo "container: $(docker exec stock du -s /data/stock | cut -f1)K"
    echo "guest: $(sudo du -shx --exclude=/var/lib/docker / 2>/dev/null | cut -f1)"
} >~/findings/disk
