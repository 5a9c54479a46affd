#!/bin/bash
# At the end of FORWARD: Docker's accept has been there before, and the first decision counts.
sudo ufw delete allow 8081/tcp
sudo iptables -A FORWARD -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -j DROP
