#!/bin/bash
# The predecessor's rule once more, for IPv6. The packet is not forwarded there, so nobody asks it.
sudo ip6tables -I FORWARD -o br-museum -p tcp -m conntrack --ctorigdstport 8081 -j DROP
sudo ip6tables -N DOCKER-USER 2>/dev/null
sudo ip6tables -I FORWARD -j DOCKER-USER
sudo ip6tables -I DOCKER-USER -p tcp -m conntrack --ctorigdstport 8081 -j DROP
