#!/bin/bash
# In the table mangle, whose FORWARD comes before that of the filter. Packets to the machine itself do not pass it.
sudo iptables -t mangle -A FORWARD -s 198.51.100.66 -j DROP
sudo ip6tables -t mangle -A FORWARD -s 2001:db8:51::66 -j DROP
