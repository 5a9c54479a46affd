#!/bin/bash
# In ufw's lists the first rule that fits decides: the exception has to stand before the rule. Over IPv4 that is the
# list of forwarded packets, over IPv6 that of the machine itself.
sudo ufw route insert 1 deny proto tcp from 198.51.100.64/28 to 172.31.1.10 port 80
sudo ufw prepend deny proto tcp from 2001:db8:51:0:66::/80 to any port 8080
