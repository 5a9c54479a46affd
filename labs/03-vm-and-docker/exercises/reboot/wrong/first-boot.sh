#!/bin/bash
# A unit that says "done" at its first boot, and believes that ever after.
sudo tee /usr/local/sbin/shop-firewall >/dev/null <<'RULES'
#!/bin/sh
[ ! -e /var/lib/shop-firewall.done ] || exit 0
iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -j DROP
iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8083 ! -s 198.51.100.20 -j DROP
touch /var/lib/shop-firewall.done
RULES
sudo chmod 755 /usr/local/sbin/shop-firewall
sudo tee /etc/systemd/system/shop-firewall.service >/dev/null <<'UNIT'
[Unit]
After=docker.service
Requires=docker.service

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/shop-firewall

[Install]
WantedBy=multi-user.target
UNIT
sudo systemctl daemon-reload
sudo systemctl enable shop-firewall
