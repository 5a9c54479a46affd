#!/bin/bash
# A policy is asked when no rule decided; here a rule does.
sudo iptables -P FORWARD ACCEPT
