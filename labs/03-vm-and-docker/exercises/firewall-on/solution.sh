#!/bin/bash
# First what must stay reachable, then the firewall. Its default for all the rest is to deny.
sudo ufw allow 22/tcp
# Over IPv6 the shop is a program on the machine itself (docker-proxy), so it needs a rule as well.
sudo ufw allow 8080/tcp
sudo ufw --force enable
