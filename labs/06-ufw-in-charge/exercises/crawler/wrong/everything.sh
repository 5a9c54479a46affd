#!/bin/bash
# From that range nothing at all comes in any more, SSH included.
sudo ufw route insert 1 deny from 198.51.100.64/28
sudo ufw insert 1 deny from 198.51.100.64/28
sudo ufw prepend deny from 2001:db8:51:0:66::/80
