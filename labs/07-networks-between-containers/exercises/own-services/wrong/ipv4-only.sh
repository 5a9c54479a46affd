#!/bin/bash
# The cellar asks the safe over IPv6.
sudo iptables -I INPUT -i br-+ -p tcp -m multiport ! --dports 8080,9100 -m conntrack --ctstate NEW -j DROP
sudo iptables -I INPUT -i docker0 -p tcp -m multiport ! --dports 8080,9100 -m conntrack --ctstate NEW -j DROP
