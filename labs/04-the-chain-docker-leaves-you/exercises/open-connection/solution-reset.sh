#!/bin/bash
# The same, and it is told so: its connection ends at once, instead of falling silent.
call="-p tcp -m conntrack --ctorigdstport 8000"
sudo iptables -I DOCKER-USER -s 198.51.100.77 $call -j REJECT --reject-with tcp-reset
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::77 $call -j REJECT --reject-with tcp-reset
