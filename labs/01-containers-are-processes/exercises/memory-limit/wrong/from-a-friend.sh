#!/bin/bash
# The right limit, and a process number from somebody else's machine.
docker update --memory 64m --memory-swap 64m report
curl -s localhost:8081/cgi-bin/report
echo 999 >~/answers/killed
