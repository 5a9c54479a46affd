#!/bin/bash
# The name server has two addresses, and one of them is forgotten.
sudo nft insert rule inet worker calls iifname br-worker ip daddr 198.51.100.53 meta l4proto '{ tcp, udp }' th dport 53 accept
