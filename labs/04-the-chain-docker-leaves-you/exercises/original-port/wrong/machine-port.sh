#!/bin/bash
# The port that the sender asked for: no packet in DOCKER-USER has it any more.
for tables in iptables ip6tables; do sudo $tables -I DOCKER-USER -i ext0 -p tcp --dport 8081 -j DROP; done
