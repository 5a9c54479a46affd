#!/bin/bash
# Over IPv4 the shop stays open without a rule; over IPv6 it does not.
sudo ufw allow 22/tcp
sudo ufw --force enable
