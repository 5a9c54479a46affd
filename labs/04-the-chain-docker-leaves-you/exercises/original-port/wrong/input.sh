#!/bin/bash
# The number is right in INPUT, and the packet does not come there.
for tables in iptables ip6tables; do sudo $tables -I INPUT -i ext0 -p tcp --dport 8081 -j DROP; done
