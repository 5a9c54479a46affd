#!/bin/bash
# Refused calls are remembered as well (--update): who goes on calling never gets his next one in two seconds.
call="-i ext0 -p tcp -m conntrack --ctstate NEW --ctorigdstport 8082"
for tables in iptables ip6tables; do
    sudo $tables -I DOCKER-USER $call -m recent --name archive --set
    sudo $tables -I DOCKER-USER $call -m recent --name archive --update --seconds 10 --hitcount 5 -j DROP
done
sudo iptables -I DOCKER-USER -s 198.51.100.96/28 $call -j RETURN
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::a:0/112 $call -j RETURN
