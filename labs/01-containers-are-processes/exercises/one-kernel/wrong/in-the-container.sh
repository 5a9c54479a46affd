#!/bin/bash
# In an ordinary container the kernel's settings are read-only, also for its root.
docker exec search sysctl -w fs.aio-max-nr=1048576 || true
