#!/bin/bash
# Over IPv6 the answers to the vault's calls are for its own address as well: it hears nobody any more.
sudo iptables -t raw -I PREROUTING ! -i br-+ -d 172.30.0.0/16 -j DROP
sudo ip6tables -t raw -I PREROUTING ! -i br-+ -d 2001:db8:5::/48 -j DROP
