#!/bin/bash
# The rules of the exercises before, in a script that a unit runs at every boot, once Docker has made its chains.
sudo tee /usr/local/sbin/shop-firewall >/dev/null <<'RULES'
#!/bin/sh
set -e
iptables -C DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -j DROP 2>/dev/null ||
    iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -j DROP
iptables -C DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8083 ! -s 198.51.100.20 -j DROP 2>/dev/null ||
    iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8083 ! -s 198.51.100.20 -j DROP
for rule in '--dport 8081 -j DROP' '--dport 8083 -j DROP' '--dport 8083 -s 2001:db8:51::20 -j ACCEPT'; do
    ip6tables -C INPUT -i ext0 -p tcp $rule 2>/dev/null || ip6tables -I INPUT -i ext0 -p tcp $rule
done
RULES
sudo chmod 755 /usr/local/sbin/shop-firewall
sudo tee /etc/systemd/system/shop-firewall.service >/dev/null <<'UNIT'
[Unit]
Description=The shop's own firewall rules
After=docker.service ufw.service
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
