#!/bin/bash
# The web site is left to it at one of the machine's addresses only.
for line in "iptables 198.51.100.77 198.51.100.1" "ip6tables 2001:db8:51::77 2001:db8:51::1"; do
    read -r tables recorder machine <<<"$line"
    sudo "$tables" -I DOCKER-USER -s "$recorder" -j DROP
    sudo "$tables" -I DOCKER-USER -s "$recorder" -p tcp -m conntrack --ctorigdst "$machine" --ctorigdstport 8080 -j RETURN
done
