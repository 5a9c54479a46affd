#!/bin/bash
# This is the container's first process, its web server; the teller is another one.
printf 'machine: %s\ncontainer: 1\n' "$(docker inspect --format '{{.State.Pid}}' bank)" >~/answers/teller
