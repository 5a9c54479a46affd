#!/bin/bash
# Port 53 of the whole world: a thief runs a name server of his own, and data leaves in the questions.
sudo nft insert rule inet worker calls iifname br-worker meta l4proto '{ tcp, udp }' th dport 53 accept
