#!/bin/bash
# The limit takes effect while the container runs. What the kernel ends, it writes into its log.
docker update --memory 64m --memory-swap 64m report
curl -s localhost:8081/cgi-bin/report
sudo dmesg | sed -n 's/.*Killed process \([0-9]*\) .*/\1/p' | tail -1 >~/answers/killed
