#!/bin/bash
# Another container that may do anything changes it, for a second: that it works is the proof that there is one kernel.
docker run --rm --privileged lab/web sysctl -w fs.aio-max-nr=1048576
