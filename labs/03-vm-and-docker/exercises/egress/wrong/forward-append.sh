#!/bin/bash
# Behind the rule that drops.
sudo iptables -A FORWARD -i br+ -o ext0 -j ACCEPT
