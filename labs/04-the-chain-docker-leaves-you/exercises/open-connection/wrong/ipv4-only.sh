#!/bin/bash
# Its connection is cut, and seconds later it calls again, over IPv6.
sudo iptables -I DOCKER-USER -s 198.51.100.77 -p tcp -m conntrack --ctorigdstport 8000 -j DROP
