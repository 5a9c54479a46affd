#!/bin/bash
# Senders with an address for the whole world. On the cable, everybody has another one, which begins with fe80.
sudo ip6tables -I INPUT ! -i lo -s 2000::/3 -p tcp --dport 8081 -j DROP
