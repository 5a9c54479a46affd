#!/bin/bash
# The usual rule, with `-p tcp` in it: that closes the tours. The counter is as open as before.
sudo iptables -I DOCKER-USER -p tcp -o br-museum -m conntrack --ctorigdstport 5140 ! -s 198.51.100.20 -j DROP
sudo ip6tables -I INPUT ! -i lo -p tcp --dport 5140 ! -s 2001:db8:51::20 -j DROP
