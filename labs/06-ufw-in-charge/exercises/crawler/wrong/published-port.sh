#!/bin/bash
# The right place in the right list, and a port that no forwarded packet has any more.
sudo ufw route insert 1 deny proto tcp from 198.51.100.64/28 to any port 8080
sudo ufw prepend deny proto tcp from 2001:db8:51:0:66::/80 to any port 8080
