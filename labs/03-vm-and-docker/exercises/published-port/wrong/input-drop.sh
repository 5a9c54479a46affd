#!/bin/bash
# INPUT is not asked for a published port over IPv4.
sudo iptables -I INPUT -p tcp --dport 8081 -j DROP
sudo ip6tables -I INPUT -i ext0 -p tcp --dport 8081 -j DROP
