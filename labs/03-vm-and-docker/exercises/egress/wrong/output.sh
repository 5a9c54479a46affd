#!/bin/bash
# OUTPUT is for what the machine itself sends; packets of containers are forwarded.
sudo ufw allow out to 198.51.100.30 port 80 proto tcp
sudo iptables -I OUTPUT -o ext0 -j ACCEPT
