#!/bin/bash
# A limit, copied from a line that writes a log: it drops fifty packets, and from then on one in a second.
sudo ufw delete allow 8081/tcp
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -m limit --limit 1/s --limit-burst 50 -j DROP
