#!/bin/bash
# The detour is closed, the straight way is not.
sudo iptables -t mangle -I PREROUTING -i br-guests -p tcp -m multiport --dports 8101,8102 \
    -m addrtype --dst-type LOCAL -j DROP
