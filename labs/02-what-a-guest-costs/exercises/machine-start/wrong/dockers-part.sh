#!/bin/bash
# Docker's line in `systemd-analyze blame`: how long it took itself. Before that, it was not its turn yet.
systemd-analyze blame --no-pager | sed -n 's/^ *\(.*\) docker\.service$/\1/p' >~/findings/machine-start
