#!/bin/bash
# Everybody's port 53, except for the name servers that the story knows. Anybody may run one.
sudo nft insert rule inet worker calls iifname br-worker meta l4proto '{ tcp, udp }' th dport 53 accept
for rule in 'ip daddr { 198.51.100.10, 198.51.100.30, 198.51.100.66 }' 'ip6 daddr { 2001:db8:51::10, 2001:db8:51::30, 2001:db8:51::66 }'; do
    sudo nft insert rule inet worker calls iifname br-worker $rule th dport 53 drop
done
