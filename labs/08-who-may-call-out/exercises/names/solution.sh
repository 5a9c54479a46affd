#!/bin/bash
# Two lines more in the list, in front of its end.
for rule in 'ip daddr 198.51.100.53' 'ip6 daddr 2001:db8:51::53'; do
    sudo nft insert rule inet worker calls iifname br-worker $rule meta l4proto '{ tcp, udp }' th dport 53 accept
done
