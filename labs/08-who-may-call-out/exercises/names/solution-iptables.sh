#!/bin/bash
# The whole list with iptables instead. In each line of the loop: the family, the bank, the name server.
sudo nft delete table inet worker
while read -r tables bank resolver; do
    chain=DOCKER-USER
    sudo "$tables" -nL DOCKER-USER >/dev/null 2>&1 || chain=FORWARD
    sudo "$tables" -I $chain -i br-worker ! -o br-worker -m conntrack --ctstate NEW -j DROP
    sudo "$tables" -I $chain -i br-worker -d "$resolver" -p udp --dport 53 -j RETURN
    sudo "$tables" -I $chain -i br-worker -d "$resolver" -p tcp --dport 53 -j RETURN
    sudo "$tables" -I $chain -i br-worker -d "$bank" -p tcp --dport 443 -j RETURN
done <<'LIST'
iptables 198.51.100.30 198.51.100.53
ip6tables 2001:db8:51::30 2001:db8:51::53
LIST
