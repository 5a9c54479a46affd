#!/bin/bash
# The gateways' addresses are closed. The machine answers its containers at 198.51.100.1 just as well.
for net in 172.17.0.1 172.30.1.1 172.30.2.1 172.30.3.1 172.30.4.1; do
    sudo iptables -I INPUT -d $net -p tcp -m multiport ! --dports 8080,9100 -m conntrack --ctstate NEW -j DROP
done
sudo ip6tables -I INPUT -d 2001:db8:7:4::1 -p tcp -m multiport ! --dports 8080,9100 -m conntrack --ctstate NEW -j DROP
