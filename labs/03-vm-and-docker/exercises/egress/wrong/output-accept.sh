#!/bin/bash
# OUTPUT is about the machine's own packets; a container's are passed on.
sudo iptables -I OUTPUT -o ext0 -j ACCEPT
