#!/bin/bash
# The right limit, and the number of the container's first process, which has survived it.
docker update --memory 64m --memory-swap 64m report
curl -s localhost:8081/cgi-bin/report
docker inspect --format '{{.State.Pid}}' report >~/answers/killed
