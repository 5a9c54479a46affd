#!/bin/bash
# Kills the program by hand and notes its number: there is no limit, and the kernel did not do it.
curl -s localhost:8081/cgi-bin/report >/dev/null &
for _ in $(seq 50); do
    victim=$(docker top report -o pid,comm | awk '$2 == "dd" { print $1 }')
    [ -z "$victim" ] || break
done
sudo kill -KILL "$victim"
echo "$victim" >~/answers/killed
wait
