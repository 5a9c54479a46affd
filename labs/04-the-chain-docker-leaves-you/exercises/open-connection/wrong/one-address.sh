#!/bin/bash
# At the address that it has called so far. The machine has more, and all of them are on the air.
call="-p tcp -m conntrack --ctorigdstport 8000 -j DROP"
sudo iptables -I DOCKER-USER -s 198.51.100.77 -m conntrack --ctorigdst 198.51.100.1 $call
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::77 -m conntrack --ctorigdst 2001:db8:51::1 $call
