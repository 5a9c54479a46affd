#!/bin/bash
# The packet is dropped before its address could be rewritten.
sudo iptables -t nat -A POSTROUTING -s 172.16.0.0/12 -o ext0 -j MASQUERADE
