#!/bin/bash
# Milliseconds, and no word about that: a bare number counts as seconds.
begun=${EPOCHREALTIME/[.,]/}
docker run --rm lab/web echo here
ended=${EPOCHREALTIME/[.,]/}
echo $(((ended - begun) / 1000)) >~/findings/container-start
