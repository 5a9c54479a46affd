#!/bin/bash
# ufw admits the administrator, and is not asked about anybody else over IPv4.
sudo ufw allow proto tcp from 198.51.100.20 to any port 8083
sudo ufw allow proto tcp from 2001:db8:51::20 to any port 8083
