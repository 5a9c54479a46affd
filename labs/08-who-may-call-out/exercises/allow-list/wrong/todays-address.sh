#!/bin/bash
# Who the worker is, by its address of today.
list() { # IPTABLES BANK WORKER
    chain=DOCKER-USER
    sudo "$1" -nL DOCKER-USER >/dev/null 2>&1 || chain=FORWARD
    sudo "$1" -I $chain -s "$3" ! -o br-worker -m conntrack --ctstate NEW -j DROP
    sudo "$1" -I $chain -s "$3" -d "$2" -p tcp --dport 443 -j RETURN
}
list iptables 198.51.100.30 "$(docker inspect --format '{{.NetworkSettings.Networks.shop_worker.IPAddress}}' worker)"
list ip6tables 2001:db8:51::30 "$(docker inspect --format '{{.NetworkSettings.Networks.shop_worker.GlobalIPv6Address}}' worker)"
