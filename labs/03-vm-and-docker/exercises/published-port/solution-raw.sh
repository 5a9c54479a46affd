#!/bin/bash
# The raw table comes before the rewriting, so the port is still the one that was asked for.
sudo iptables -t raw -I PREROUTING -i ext0 -p tcp --dport 8081 -j DROP
sudo ip6tables -t raw -I PREROUTING -i ext0 -p tcp --dport 8081 -j DROP
