#!/bin/bash
# The first place, in the machine's own list. Over IPv4 the website is not in it.
sudo ufw insert 1 deny proto tcp from 198.51.100.64/28 to any port 8080
sudo ufw prepend deny proto tcp from 2001:db8:51:0:66::/80 to any port 8080
