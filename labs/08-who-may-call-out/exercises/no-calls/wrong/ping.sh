#!/bin/bash
# ICMP is let through, for the sake of the path's MTU. Its errors are RELATED; a ping is a call, and can carry what was stolen.
for tables in iptables ip6tables; do
    sudo $tables -t mangle -A FORWARD -i br-thumbs -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
done
sudo iptables -t mangle -A FORWARD -i br-thumbs -p icmp -j ACCEPT
sudo ip6tables -t mangle -A FORWARD -i br-thumbs -p ipv6-icmp -j ACCEPT
for tables in iptables ip6tables; do sudo $tables -t mangle -A FORWARD -i br-thumbs ! -o br-thumbs -j DROP; done
