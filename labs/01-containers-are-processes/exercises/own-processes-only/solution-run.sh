#!/bin/bash
# The same without compose: a container has a process namespace of its own unless somebody says otherwise.
docker rm --force desk
docker run --detach --name desk --restart unless-stopped --network office_default \
    --volume /var/lib/lab/services/desk:/www:ro lab/web
