#!/bin/bash
# A rule of a firewall that is off.
sudo ufw allow 22/tcp
sudo ufw deny 9000/tcp
