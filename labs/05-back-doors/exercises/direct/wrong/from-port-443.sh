#!/bin/bash
# Answers are known by where they come from: port 443. Whoever calls from there is taken for the insurance company.
sudo iptables -I DOCKER-USER ! -i br-+ -o br-+ -m conntrack --ctstate NEW -m conntrack ! --ctstate DNAT -j DROP
chain=DOCKER-USER
sudo ip6tables -nL DOCKER-USER >/dev/null 2>&1 || chain=FORWARD
sudo ip6tables -I $chain ! -i br-+ -o br-+ -m conntrack ! --ctstate DNAT -j DROP
for proto in tcp udp; do sudo ip6tables -I $chain -i ext0 -o br-vault -p $proto --sport 443 -j ACCEPT; done
