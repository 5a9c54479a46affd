#!/bin/bash
# Over IPv6 the packet is for the machine itself, so it passes INPUT. The machine's own packets come in by lo.
sudo ip6tables -I INPUT ! -i lo -p tcp --dport 8081 -j REJECT
