#!/bin/bash
# An experiment: how much more does Docker's folder hold when there is one more container that does the same?
taken() { sync; sudo du --summarize --one-file-system --block-size=1K /var/lib/docker | cut -f1; }
before=$(taken)
docker run --detach --name fourth office/applications /application stock 1 24
until docker logs fourth 2>&1 | grep --quiet ready; do sleep 1; done
after=$(taken)
docker rm --force fourth
used=$(df --block-size=1K --output=used / | tail -1)
printf 'container: %s KiB\nguest: %s KiB\n' $((after - before)) $((used - before)) >~/findings/disk
