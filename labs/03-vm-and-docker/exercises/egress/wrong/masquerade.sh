#!/bin/bash
# Address translation was not what was missing, and it comes after the filter that drops the packet.
sudo iptables -t nat -A POSTROUTING -o ext0 -j MASQUERADE
