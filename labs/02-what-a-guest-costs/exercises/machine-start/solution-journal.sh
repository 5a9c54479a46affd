#!/bin/bash
# Docker says itself when it listens, and the journal says when that was. (--merge: also what was written in another name.)
boot=$(tr -d - </proc/sys/kernel/random/boot_id)
sudo journalctl --merge --output short-monotonic "_BOOT_ID=$boot" _COMM=dockerd |
    sed -n '/API listen on/ { s/^\[ *\([0-9.]*\)\].*/\1 s/p; q }' >~/findings/machine-start
