#!/bin/bash
# In the container there is no iptables, and --privileged does not bring one along.
docker exec --privileged orders iptables -D INPUT -p tcp --dport 80 -j DROP || true
