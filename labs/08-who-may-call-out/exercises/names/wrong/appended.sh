#!/bin/bash
# Behind the end of the list, where nobody is asked any more.
for rule in 'ip daddr 198.51.100.53' 'ip6 daddr 2001:db8:51::53'; do
    sudo nft add rule inet worker calls iifname br-worker $rule meta l4proto '{ tcp, udp }' th dport 53 accept
done
