#!/bin/bash
# ufw and Docker bring their own things back. Our rules in DOCKER-USER need a script, and a unit that runs it at every
# boot, once Docker has made the chain.
sudo tee /usr/local/sbin/shop-firewall >/dev/null <<'RULES'
#!/bin/sh
set -e
once() { # a second start must not double the rule
    iptables -C DOCKER-USER "$@" 2>/dev/null || iptables -I DOCKER-USER "$@"
}
once -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -j DROP
once -i ext0 -p tcp -m conntrack --ctorigdstport 8083 ! -s 198.51.100.20 -j DROP
RULES
sudo chmod 755 /usr/local/sbin/shop-firewall
sudo tee /etc/systemd/system/shop-firewall.service >/dev/null <<'UNIT'
[Unit]
Description=The shop's own firewall rules
After=docker.service
Requires=docker.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/local/sbin/shop-firewall

[Install]
WantedBy=multi-user.target
UNIT
sudo systemctl daemon-reload
sudo systemctl enable --now shop-firewall
