#!/bin/bash
# Right for IPv4. Over IPv6 docker-proxy carries datagrams as well.
sudo iptables -I DOCKER-USER -p udp -o br-museum -m conntrack --ctorigdstport 5140 ! -s 198.51.100.20 -j DROP
