#!/bin/bash
# Everybody's port 53 except for the one name server that is known to be bad.
sudo nft insert rule inet worker calls iifname br-worker meta l4proto '{ tcp, udp }' th dport 53 accept
sudo nft insert rule inet worker calls iifname br-worker ip daddr 198.51.100.66 drop
sudo nft insert rule inet worker calls iifname br-worker ip6 daddr 2001:db8:51::66 drop
