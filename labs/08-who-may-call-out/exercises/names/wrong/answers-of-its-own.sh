#!/bin/bash
# For the answers, without connection tracking: whatever comes from port 53, be it the worker who sends from there.
for rule in 'ip daddr 198.51.100.53' 'ip6 daddr 2001:db8:51::53'; do
    sudo nft insert rule inet worker calls iifname br-worker $rule meta l4proto '{ tcp, udp }' th dport 53 accept
done
sudo nft insert rule inet worker calls udp sport 53 accept
