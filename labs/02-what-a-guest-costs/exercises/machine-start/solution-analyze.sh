#!/bin/bash
# Four parts of the boot, one after another: the kernel's; until the unit before Docker had its turn (@), and what it
# took (+); what Docker took.
{
    systemd-analyze time | sed -n 's/.* in \(.*\) (kernel).*/\1/p'
    systemd-analyze critical-chain docker.service --no-pager | grep -A1 '^docker.service' | sed 's/^docker.service +//; s/.*@//; s/+//'
} >~/findings/machine-start
