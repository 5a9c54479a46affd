#!/bin/bash
# Over IPv6 everybody still reads the panel, or nobody does, the administrator included.
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8083 ! -s 198.51.100.20 -j DROP
