#!/bin/bash
# The address that the container has today. When it is made anew, somebody else may have come first.
drop() { # IPTABLES ADDRESS
    chain=DOCKER-USER
    sudo "$1" -nL DOCKER-USER >/dev/null 2>&1 || chain=FORWARD
    sudo "$1" -I $chain -s "$2" ! -o br-thumbs -m conntrack --ctstate NEW -j DROP
}
drop iptables "$(docker inspect --format '{{.NetworkSettings.Networks.shop_thumbs.IPAddress}}' thumbs)"
drop ip6tables "$(docker inspect --format '{{.NetworkSettings.Networks.shop_thumbs.GlobalIPv6Address}}' thumbs)"
