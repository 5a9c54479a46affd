#!/bin/bash
# The time of day at which Docker became ready, as seconds since 1970. Since when did the kernel run, though?
date --date "$(systemctl show docker.service --property ActiveEnterTimestamp --value)" +%s >~/findings/machine-start
