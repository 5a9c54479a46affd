#!/bin/bash
# This limit is for one shell and its children. It ends with the shell, and the web server is no child of it.
docker exec report sh -c 'ulimit -v 65536'
curl -s localhost:8081/cgi-bin/report
