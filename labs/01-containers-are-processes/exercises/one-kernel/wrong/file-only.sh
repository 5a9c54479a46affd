#!/bin/bash
# Written down for the next boot, and not told to the kernel that runs now.
echo fs.aio-max-nr=1048576 | sudo tee /etc/sysctl.d/90-search.conf
docker restart search
