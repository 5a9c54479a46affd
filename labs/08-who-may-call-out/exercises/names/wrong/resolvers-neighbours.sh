#!/bin/bash
# The name server and whoever lives beside it, in case the company gets a second one.
sudo nft insert rule inet worker calls iifname br-worker ip daddr 198.51.100.48/28 meta l4proto '{ tcp, udp }' th dport 53 accept
sudo nft insert rule inet worker calls iifname br-worker ip6 daddr 2001:db8:51::50/124 meta l4proto '{ tcp, udp }' th dport 53 accept
