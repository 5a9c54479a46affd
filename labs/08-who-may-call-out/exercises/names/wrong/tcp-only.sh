#!/bin/bash
# Names are asked for over UDP first; TCP alone is for the long answers.
sudo nft insert rule inet worker calls iifname br-worker ip daddr 198.51.100.53 tcp dport 53 accept
sudo nft insert rule inet worker calls iifname br-worker ip6 daddr 2001:db8:51::53 tcp dport 53 accept
