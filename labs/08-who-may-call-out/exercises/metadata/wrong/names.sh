#!/bin/bash
# Nobody who wants these keys asks for a name: the address is the same in every cloud.
echo 127.0.0.1 metadata | sudo tee -a /etc/hosts
for container in shop thumbs worker nightly; do
    docker exec $container sh -c 'echo 127.0.0.1 metadata >>/etc/hosts'
done
