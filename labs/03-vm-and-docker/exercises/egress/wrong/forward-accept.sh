#!/bin/bash
# On top of FORWARD, before DOCKER-USER; with its next start Docker puts DOCKER-USER on top again.
sudo iptables -I FORWARD -s 172.16.0.0/12 -o ext0 -j ACCEPT
