#!/bin/bash
# rc.local does not wait for Docker: the chain is not there yet, and both commands fail.
sudo tee /etc/rc.local >/dev/null <<'RULES'
#!/bin/sh
iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -j DROP
iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8083 ! -s 198.51.100.20 -j DROP
RULES
sudo chmod 755 /etc/rc.local
