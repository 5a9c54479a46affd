#!/bin/bash
# Both lists, and at the end of both: there everybody has been let in already.
sudo ufw route deny proto tcp from 198.51.100.64/28 to 172.31.1.10 port 80
sudo ufw deny proto tcp from 2001:db8:51:0:66::/80 to any port 8080
