#!/bin/bash
# Who begins now is kept out. The thief on the internet began long ago, and goes on.
new="-m conntrack --ctstate NEW"
sudo iptables -I DOCKER-USER -p udp -o br-museum -m conntrack --ctorigdstport 5140 ! -s 198.51.100.20 $new -j DROP
sudo ip6tables -I INPUT ! -i lo -p udp --dport 5140 ! -s 2001:db8:51::20 $new -j DROP
