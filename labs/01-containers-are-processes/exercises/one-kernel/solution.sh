#!/bin/bash
# The kernel is the machine's, so its settings are the machine's: now, and in a file for the next boot.
echo fs.aio-max-nr=1048576 | sudo tee /etc/sysctl.d/90-search.conf >/dev/null
sudo sysctl --load /etc/sysctl.d/90-search.conf
