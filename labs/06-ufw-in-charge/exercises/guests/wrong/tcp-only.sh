#!/bin/bash
# The right place and the right card, for TCP. The jukebox's remote control speaks UDP, and so do guests.
for bridge in br-hotel br-rooms docker0; do
    sudo ufw route prepend deny in on wifi0 out on $bridge proto tcp to any
done
