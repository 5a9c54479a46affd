#!/bin/bash
# Whom the containers call may call them: the library reads along.
for tables in iptables ip6tables; do sudo $tables -I DOCKER-USER -i house0 -j DROP; done
sudo iptables -I DOCKER-USER -i house0 -s 203.0.113.30 -j RETURN
sudo ip6tables -I DOCKER-USER -i house0 -s 2001:db8:52::30 -j RETURN
