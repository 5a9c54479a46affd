#!/bin/bash
# Without ufw: one rule for the port, for each of the two protocols.
sudo iptables -I INPUT -i ext0 -p tcp --dport 9000 -j REJECT --reject-with tcp-reset
sudo ip6tables -I INPUT -i ext0 -p tcp --dport 9000 -j REJECT --reject-with tcp-reset
