#!/bin/bash
# The booking is who has the booking's address of today, the register who has the register's.
sudo modprobe br_netfilter # in a system container it is the host's business, and done
address() { docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}' "$1"; }
sudo iptables -I DOCKER-USER -d "$(address register)" ! -s "$(address booking)" -m conntrack --ctstate NEW -j DROP
