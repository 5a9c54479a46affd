#!/bin/bash
# Drops everything that comes in, SSH and the machine's own loopback included.
sudo iptables -P INPUT DROP
sudo ip6tables -P INPUT DROP
