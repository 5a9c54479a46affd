#!/bin/bash
# Allows only packets for 127.0.0.1 in INPUT; those of strangers are forwarded and never come there.
sudo iptables -I INPUT -p tcp --dport 8082 ! -d 127.0.0.1 -j DROP
