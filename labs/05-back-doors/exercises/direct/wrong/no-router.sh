#!/bin/bash
# A machine that forwards nothing: nobody gets to the containers, and they get nowhere.
sudo sysctl --quiet --write net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0
