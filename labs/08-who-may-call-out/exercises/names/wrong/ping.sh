#!/bin/bash
# Pings too, to see whether it lives.
for rule in 'ip daddr 198.51.100.53' 'ip6 daddr 2001:db8:51::53'; do
    sudo nft insert rule inet worker calls iifname br-worker $rule meta l4proto '{ tcp, udp }' th dport 53 accept
    sudo nft insert rule inet worker calls iifname br-worker $rule meta l4proto '{ icmp, icmpv6 }' accept
done
