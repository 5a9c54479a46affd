#!/bin/bash
# What all three have of their own, where the third one was asked for.
{
    docker system df --format '{{.Type}}: {{.Size}}' | sed -n 's/^Containers/container/p'
    echo "guest: $(sudo du -shx --exclude=/var/lib/docker / 2>/dev/null | cut -f1)"
} >~/findings/disk
