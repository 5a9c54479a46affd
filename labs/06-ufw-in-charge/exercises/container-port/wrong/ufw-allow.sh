#!/bin/bash
# The machine's own list: right for IPv6, and over IPv4 nobody asks it.
sudo ufw allow 8080/tcp
