#!/bin/bash
# The right rule behind the RETURN, where nobody asks it.
for tables in iptables ip6tables; do sudo $tables -A DOCKER-USER -i house0 -m conntrack --ctstate NEW -j DROP; done
