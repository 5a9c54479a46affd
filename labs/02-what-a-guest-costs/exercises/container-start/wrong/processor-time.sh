#!/bin/bash
# The line "sys" of `time` is what the kernel has calculated for the client. Waiting for the daemon is not in it.
TIMEFORMAT='%S s'
{ time docker run --rm lab/web echo here >/dev/null; } 2>~/findings/container-start
