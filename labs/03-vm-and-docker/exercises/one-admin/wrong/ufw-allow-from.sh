#!/bin/bash
# ufw admits the administrator to INPUT; the IPv4 packets of all others never come there.
sudo ufw allow from 198.51.100.20 to any port 8083 proto tcp
sudo ufw allow from 2001:db8:51::20 to any port 8083 proto tcp
sudo ufw deny 8083/tcp
