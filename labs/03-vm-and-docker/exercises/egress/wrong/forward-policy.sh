#!/bin/bash
# The policy is asked when no rule has decided; here a rule has.
sudo iptables -P FORWARD ACCEPT
sudo ufw default allow routed
