#!/bin/bash
# As newer releases of Docker do it: before anything is rewritten, no packet from outside is for a container's address.
sudo iptables -t raw -I PREROUTING ! -i br-+ -d 172.30.0.0/16 -m addrtype ! --dst-type LOCAL -j DROP
# Over IPv6 nothing is rewritten, so the answers to the vault's calls are for its own address. Calls from outside are new.
chain=DOCKER-USER
sudo ip6tables -nL DOCKER-USER >/dev/null 2>&1 || chain=FORWARD
sudo ip6tables -I $chain ! -i br-+ -d 2001:db8:5::/48 -m conntrack --ctstate NEW -m conntrack ! --ctstate DNAT -j DROP
