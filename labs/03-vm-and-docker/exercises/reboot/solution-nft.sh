#!/bin/bash
# A table of our own, in a file of our own that flushes nothing else, loaded before the network is up.
sudo tee /etc/shop.nft >/dev/null <<'RULES'
table inet shop {}
delete table inet shop
table inet shop {
    chain early {
        type filter hook prerouting priority -150;
        iifname "ext0" tcp dport 8081 drop
        iifname "ext0" tcp dport 8083 ip saddr != 198.51.100.20 drop
        iifname "ext0" tcp dport 8083 ip6 saddr != 2001:db8:51::20 drop
    }
}
RULES
sudo tee /etc/systemd/system/shop-nft.service >/dev/null <<'UNIT'
[Unit]
Description=The shop's own firewall table
DefaultDependencies=no
After=local-fs.target
Before=network-pre.target
Wants=network-pre.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/nft -f /etc/shop.nft

[Install]
WantedBy=multi-user.target
UNIT
sudo systemctl daemon-reload
sudo systemctl enable --now shop-nft
