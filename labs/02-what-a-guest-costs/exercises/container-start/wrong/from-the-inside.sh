#!/bin/bash
# The clock starts when the container has already started: this is how long echo takes.
docker run --rm lab/web sh -c 'time echo here' 2>&1 | awk '$1 == "real" { print $2, $3 }' >~/findings/container-start
