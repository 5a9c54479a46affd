#!/bin/sh
# The report needs 80 MiB of memory for a moment.
printf 'Content-Type: text/plain\r\n\r\n'
size=$(head -c 80m /dev/zero | tail -c 80m | wc -c)
if [ "$size" = 83886080 ]; then echo "The report is ready."; else echo "No report: somebody killed the program that was writing it."; fi
