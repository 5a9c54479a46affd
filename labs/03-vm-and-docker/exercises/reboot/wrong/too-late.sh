#!/bin/bash
# A timer, two minutes after the boot. Until then the ports are open.
sudo tee /usr/local/sbin/shop-firewall >/dev/null <<'RULES'
#!/bin/sh
for rule in '--ctorigdstport 8081' '--ctorigdstport 8083 ! -s 198.51.100.20'; do
    iptables -C DOCKER-USER -i ext0 -p tcp -m conntrack $rule -j DROP 2>/dev/null ||
        iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack $rule -j DROP
done
RULES
sudo chmod 755 /usr/local/sbin/shop-firewall
printf '[Service]\nType=oneshot\nExecStart=/usr/local/sbin/shop-firewall\n' |
    sudo tee /etc/systemd/system/shop-firewall.service >/dev/null
printf '[Timer]\nOnBootSec=120\n[Install]\nWantedBy=timers.target\n' |
    sudo tee /etc/systemd/system/shop-firewall.timer >/dev/null
sudo systemctl daemon-reload
sudo systemctl enable --now shop-firewall.timer
