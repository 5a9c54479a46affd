#!/bin/bash
# Answers are what comes from port 80. So is a trainee's call, if he takes that port for it.
for tables in iptables ip6tables; do sudo $tables -I DOCKER-USER -i house0 -p tcp ! --sport 80 -j DROP; done
