#!/bin/bash
# The machine's own list: right for IPv6, and over IPv4 nobody asks it.
sudo ufw allow in on wifi0 to any port 8083 proto tcp
