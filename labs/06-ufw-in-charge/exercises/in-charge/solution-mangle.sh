#!/bin/bash
# Before Docker rewrites anything: from the internet only SSH and the owner's ledger may be begun, at the published port.
new='-i ext0 -m addrtype --dst-type LOCAL -m conntrack --ctstate NEW'
sudo iptables -t mangle -A PREROUTING $new -p tcp --dport 22 -j ACCEPT
sudo iptables -t mangle -A PREROUTING $new -s 198.51.100.20 -p tcp --dport 8081 -j ACCEPT
sudo iptables -t mangle -A PREROUTING $new -j DROP
