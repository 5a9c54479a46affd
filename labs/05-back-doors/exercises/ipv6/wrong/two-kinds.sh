#!/bin/bash
# Closed for neighbours on the cable, and at the addresses for everywhere: who has the latter may ask at the cable's.
sudo ip6tables -I INPUT ! -i lo -p tcp --dport 8081 -s fe80::/10 -j DROP
sudo ip6tables -I INPUT ! -i lo -p tcp --dport 8081 -d 2000::/3 -j DROP
