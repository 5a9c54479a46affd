#!/bin/bash
# The addresses that the hotel's DHCP server gives out. Nothing keeps a guest from taking another one.
sudo ufw route prepend deny from 192.168.56.0/25 to 172.16.0.0/12
