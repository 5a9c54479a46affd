#!/bin/bash
# By where containers have their addresses. Over IPv6 each new network brings a range of its own.
sudo iptables -I INPUT -s 172.16.0.0/12 -m conntrack --ctstate NEW -j DROP
sudo iptables -I INPUT -s 172.16.0.0/12 -p tcp -m multiport --dports 8080,9100 -j ACCEPT
sudo ip6tables -I INPUT -s 2001:db8:7:4::/64 -m conntrack --ctstate NEW -j DROP
sudo ip6tables -I INPUT -s 2001:db8:7:4::/64 -p tcp -m multiport --dports 8080,9100 -j ACCEPT
sudo ip6tables -I INPUT -p ipv6-icmp -j ACCEPT
