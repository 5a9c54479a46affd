#!/bin/bash
# Each rule goes on top, so the last one is asked first: partners go on; what is too much of the others is dropped.
for tables in iptables ip6tables; do
    sudo $tables -I DOCKER-USER -i ext0 -p tcp -m conntrack --ctstate NEW --ctorigdstport 8082 \
        -m hashlimit --hashlimit-name archive --hashlimit-mode srcip \
        --hashlimit-above 30/minute --hashlimit-burst 5 -j DROP
done
sudo iptables -I DOCKER-USER -s 198.51.100.96/28 -p tcp -m conntrack --ctorigdstport 8082 -j RETURN
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::a:0/112 -p tcp -m conntrack --ctorigdstport 8082 -j RETURN
