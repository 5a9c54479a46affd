#!/bin/bash
# By the sender's network instead of the card.
closed() { # IPTABLES HOUSE
    sudo "$1" -t raw -I PREROUTING -p tcp --dport 8082 -m addrtype --dst-type LOCAL ! -s "$2" ! -i lo -j DROP
}
closed iptables 203.0.113.0/24
closed ip6tables 2001:db8:52::/64
