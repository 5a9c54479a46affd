#!/bin/bash
# Without compose: the same container, started by hand, with the address before the port.
docker rm --force cache
docker run --detach --name cache --restart unless-stopped --network shop_default \
    --volume /var/lib/lab/services/cache:/www:ro --publish 127.0.0.1:8082:80 lab/web
