#!/bin/bash
# A second container that shares the network of the first, and has the rights and the tools that the first lacks.
docker run --rm --privileged --network container:orders --volume /:/machine lab/web \
    chroot /machine /usr/sbin/iptables -D INPUT -p tcp --dport 80 -j DROP
