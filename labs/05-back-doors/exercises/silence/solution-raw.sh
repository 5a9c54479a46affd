#!/bin/bash
# The table raw is asked first of all. REJECT is not to be had there, so strangers hear nothing.
closed() { # IPTABLES DIRECTOR
    sudo "$1" -t raw -I PREROUTING -p udp --dport 5140 -m addrtype --dst-type LOCAL ! -s "$2" ! -i lo -j DROP
}
closed iptables 198.51.100.20
closed ip6tables 2001:db8:51::20
