#!/bin/bash
# Long answers do not fit into a UDP packet: then the question is repeated over TCP, and nobody hears it.
sudo nft insert rule inet worker calls iifname br-worker ip daddr 198.51.100.53 udp dport 53 accept
sudo nft insert rule inet worker calls iifname br-worker ip6 daddr 2001:db8:51::53 udp dport 53 accept
