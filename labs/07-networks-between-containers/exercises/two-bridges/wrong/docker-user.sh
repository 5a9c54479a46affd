#!/bin/bash
# Whatever is forwarded from bridge to bridge was closed already. The detour is not forwarded, it goes to INPUT.
sudo iptables -I DOCKER-USER -i br-+ -o br-staff -j DROP
sudo iptables -I DOCKER-USER -i docker0 -o br-staff -j DROP
