#!/bin/bash
# Docker's 127.0.0.11 looks like the machine itself, but its questions travel on from the container's network.
sudo iptables -I INPUT -i br-worker -p udp --dport 53 -j ACCEPT
sudo iptables -I INPUT -i br-worker -p tcp --dport 53 -j ACCEPT
