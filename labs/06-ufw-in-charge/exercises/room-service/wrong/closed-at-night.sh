#!/bin/bash
# The kitchen is closed at night, and a timer takes the rule away. No timer puts it back in the morning.
sudo ufw route allow in on wifi0 out on br-rooms to any port 80 proto tcp
sudo ufw allow in on wifi0 to any port 8083 proto tcp
sudo tee /etc/systemd/system/rooms-closed.service >/dev/null <<'UNIT'
[Service]
Type=oneshot
ExecStart=/usr/sbin/ufw route delete allow in on wifi0 out on br-rooms to any port 80 proto tcp
UNIT
sudo tee /etc/systemd/system/rooms-closed.timer >/dev/null <<'UNIT'
[Timer]
OnCalendar=*-*-* 23:00
[Install]
WantedBy=timers.target
UNIT
sudo systemctl daemon-reload
sudo systemctl enable --now rooms-closed.timer
