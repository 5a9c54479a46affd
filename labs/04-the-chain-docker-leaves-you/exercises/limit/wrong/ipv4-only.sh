#!/bin/bash
# Right for IPv4; over IPv6 everybody fetches as fast as he can.
call="-i ext0 -p tcp -m conntrack --ctstate NEW --ctorigdstport 8082"
sudo iptables -I DOCKER-USER $call \
    -m hashlimit --hashlimit-name old --hashlimit-mode srcip --hashlimit-above 30/minute --hashlimit-burst 5 -j DROP
sudo iptables -I DOCKER-USER -s 198.51.100.96/28 $call -j RETURN
