#!/bin/bash
# Without compose: the same container again by hand, published to 127.0.0.1.
docker rm --force cache
docker run --detach --name cache --network shop_default --restart unless-stopped \
    --publish 127.0.0.1:8082:80 --volume /var/lib/lab/services/cache:/www:ro lab/web
