#!/bin/bash
# By the mark of a packet: who asks for port 8080 of the machine gets one before Docker rewrites the packet, and the chain
# lets pass what has it. ufw loads both with each reload.
sudo tee -a /etc/ufw/before.rules >/dev/null <<'RULES'
*mangle
:PREROUTING ACCEPT [0:0]
-A PREROUTING -p tcp -m addrtype --dst-type LOCAL --dport 8080 -j MARK --set-mark 0x80
COMMIT
RULES
sudo sed -i '0,/^-A DOCKER-USER/s//-A DOCKER-USER -m mark --mark 0x80 -j RETURN\n&/' /etc/ufw/after.rules
sudo ufw reload
sudo ufw allow 8080/tcp
