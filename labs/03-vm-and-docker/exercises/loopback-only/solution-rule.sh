#!/bin/bash
# As in the exercise before, by a rule. Over IPv6 ufw's default keeps strangers out.
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8082 -j DROP
