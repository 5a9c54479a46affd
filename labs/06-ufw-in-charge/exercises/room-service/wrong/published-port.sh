#!/bin/bash
# The published port, which no forwarded packet has any more.
sudo ufw route allow in on wifi0 out on br-rooms to any port 8083 proto tcp
sudo ufw allow in on wifi0 to any port 8083 proto tcp
