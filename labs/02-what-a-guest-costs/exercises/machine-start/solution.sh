#!/bin/bash
# systemd writes down when each unit became active, in microseconds of a clock that begins with the kernel.
microseconds=$(systemctl show docker.service --property ActiveEnterTimestampMonotonic --value)
echo "$((microseconds / 1000)) ms" >~/findings/machine-start
