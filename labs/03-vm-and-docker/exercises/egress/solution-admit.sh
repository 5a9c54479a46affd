#!/bin/bash
# Containers still have no business outside, except with the bank: the unit gets one more rule, above its own.
sudo mkdir -p /etc/systemd/system/old-firewall.service.d
sudo tee /etc/systemd/system/old-firewall.service.d/bank.conf >/dev/null <<'UNIT'
[Service]
ExecStartPost=-/usr/sbin/iptables -D DOCKER-USER -o ext0 -p tcp -d 198.51.100.30 --dport 80 -j RETURN
ExecStartPost=/usr/sbin/iptables -I DOCKER-USER -o ext0 -p tcp -d 198.51.100.30 --dport 80 -j RETURN
UNIT
sudo systemctl daemon-reload
sudo systemctl restart old-firewall
