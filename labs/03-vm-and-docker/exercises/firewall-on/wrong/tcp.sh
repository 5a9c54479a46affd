#!/bin/bash
# New connections over TCP are refused. Whatever listens on UDP, or speaks something else, is as open as before.
for tables in iptables ip6tables; do
    sudo $tables -A INPUT -i ext0 -p tcp -m conntrack --ctstate NEW -m multiport ! --dports 22,8080 -j DROP
done
