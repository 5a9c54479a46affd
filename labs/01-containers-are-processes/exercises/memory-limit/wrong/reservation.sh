#!/bin/bash
# A reservation is a wish for times when memory is short: nobody is stopped at it.
docker update --memory-reservation 64m report
curl -s localhost:8081/cgi-bin/report
sudo dmesg | sed -n 's/.*Killed process \([0-9]*\) .*/\1/p' | tail -1 >~/answers/killed
