#!/bin/bash
# Right for IPv4. Docker publishes the port over IPv6 as well.
sudo iptables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctorigdstport 8081 -j DROP
