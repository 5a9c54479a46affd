#!/bin/bash
# IPv4 in DOCKER-USER, which Docker leaves alone. For IPv6 older releases of Docker have no such chain: there it is FORWARD.
for tables in iptables ip6tables; do
    chain=DOCKER-USER
    sudo $tables -nL DOCKER-USER >/dev/null 2>&1 || chain=FORWARD
    sudo $tables -I $chain -i br-thumbs ! -o br-thumbs -j DROP
    sudo $tables -I $chain -i br-thumbs -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN
done
