#!/bin/bash
# Saves everything to the file of iptables-persistent, which is not installed: nothing reads it at boot.
sudo mkdir -p /etc/iptables
sudo iptables-save | sudo tee /etc/iptables/rules.v4 >/dev/null
sudo ip6tables-save | sudo tee /etc/iptables/rules.v6 >/dev/null
