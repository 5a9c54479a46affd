#!/bin/bash
# One more rule for one more address: and the next address of the machine is open as before.
sudo iptables -I DOCKER-USER ! -i house0 -p tcp -m conntrack --ctorigdst 203.0.113.1 --ctorigdstport 8082 -j DROP
sudo ip6tables -I INPUT ! -i house0 -p tcp -d 2001:db8:52::1 --dport 8082 -j DROP
