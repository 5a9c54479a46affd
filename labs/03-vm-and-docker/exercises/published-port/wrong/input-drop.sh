#!/bin/bash
# The same mistake with iptables: the packet never comes to INPUT over IPv4.
sudo iptables -I INPUT -p tcp --dport 8081 -j DROP
sudo ip6tables -I INPUT -p tcp --dport 8081 -j DROP
