#!/bin/bash
# Root's shell makes the rules when root logs in. After a power cut at night, nobody does.
sudo tee -a /root/.bashrc >/dev/null <<'RULES'
for rule in '--ctorigdstport 8081' '--ctorigdstport 8083 ! -s 198.51.100.20'; do
    iptables -C DOCKER-USER -i ext0 -p tcp -m conntrack $rule -j DROP 2>/dev/null ||
        iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack $rule -j DROP
done
RULES
