#!/bin/bash
# The name server with all its ports: it is asked for names only.
for rule in 'ip daddr 198.51.100.53' 'ip6 daddr 2001:db8:51::53'; do
    sudo nft insert rule inet worker calls iifname br-worker $rule accept
done
