#!/bin/bash
# Drops the question, which is what gets an answer. `-` gets none, and is counted as before.
question="-m string --algo bm --string ?"
sudo iptables -I DOCKER-USER -o br-museum -p udp -m conntrack --ctorigdstport 5140 ! -s 198.51.100.20 \
    $question --from 28 -j DROP
sudo ip6tables -I INPUT ! -i lo -p udp --dport 5140 ! -s 2001:db8:51::20 $question --from 48 -j DROP
