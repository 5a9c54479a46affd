#!/bin/bash
# ufw's list for the machine itself. Packets to a container are forwarded, and nobody asks that list about them.
for port in 8080 8081 8082 8083 7070; do
    sudo ufw deny $port/tcp
done
