#!/bin/bash
# IPv4: forwarded. To the container's own port, from whomever it is not for.
sudo iptables -I DOCKER-USER -p udp -o br-museum -m conntrack --ctorigdstport 5140 ! -s 198.51.100.20 -j DROP
# IPv6: docker-proxy, on the machine itself. -I puts a rule on top, so the last one typed is asked first.
sudo ip6tables -I INPUT -p udp --dport 5140 -j DROP
sudo ip6tables -I INPUT -p udp --dport 5140 -s 2001:db8:51::20 -j ACCEPT
sudo ip6tables -I INPUT -p udp --dport 5140 -i lo -j ACCEPT
