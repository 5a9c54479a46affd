#!/bin/bash
# Deletes the rule, and Docker's next start brings it back.
sudo iptables -D DOCKER-USER -o ext0 -m conntrack --ctstate NEW -j DROP
