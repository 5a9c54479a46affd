#!/bin/bash
# TCP goes to the company's name server only. A question is a datagram, though, and goes to whoever is asked.
for rule in 'ip daddr 198.51.100.53' 'ip6 daddr 2001:db8:51::53'; do
    sudo nft insert rule inet worker calls iifname br-worker $rule tcp dport 53 accept
done
sudo nft insert rule inet worker calls iifname br-worker udp dport 53 accept
