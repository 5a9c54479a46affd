#!/bin/bash
# First the machine's own packets, then nobody's. -I puts a rule on top, so the last one typed is asked first.
sudo ip6tables -I INPUT -p tcp --dport 8081 -j DROP
sudo ip6tables -I INPUT -i lo -p tcp --dport 8081 -j ACCEPT
