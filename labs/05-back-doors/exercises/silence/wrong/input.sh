#!/bin/bash
# INPUT for both families: over IPv4 the datagram is rewritten before, forwarded, and never comes there.
closed() { # IPTABLES DIRECTOR
    sudo "$1" -I INPUT ! -i lo -p udp --dport 5140 ! -s "$2" -j DROP
}
closed iptables 198.51.100.20
closed ip6tables 2001:db8:51::20
