#!/bin/bash
# -I puts a rule on top, so the last one typed is asked first.
list() { # IPTABLES BANK
    chain=DOCKER-USER
    sudo "$1" -nL DOCKER-USER >/dev/null 2>&1 || chain=FORWARD
    sudo "$1" -I $chain -i br-worker ! -o br-worker -j DROP
    sudo "$1" -I $chain -i br-worker -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN
    sudo "$1" -I $chain -i br-worker -d "$2" -p tcp --dport 443 -j RETURN
}
list iptables 198.51.100.30
list ip6tables 2001:db8:51::30
