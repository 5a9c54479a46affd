#!/bin/bash
# The address that the container has today. After the power cut it has another one.
address=$(docker inspect --format '{{.NetworkSettings.Networks.hotel_rooms.IPAddress}}' rooms)
sudo ufw route allow in on wifi0 to "$address" port 80 proto tcp
sudo ufw allow in on wifi0 to any port 8083 proto tcp
