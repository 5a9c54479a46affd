#!/bin/bash
# The raw table comes before the rewriting: there the port is still 8081.
for tables in iptables ip6tables; do sudo $tables -t raw -I PREROUTING -i ext0 -p tcp --dport 8081 -j DROP; done
