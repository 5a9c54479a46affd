#!/bin/bash
# By cards, and no address: whatever the container's address is tomorrow, it is behind br-rooms.
sudo ufw route allow in on wifi0 out on br-rooms to any port 80 proto tcp
# IPv6 ends at docker-proxy, at the published port.
sudo ufw allow in on wifi0 to any port 8083 proto tcp
