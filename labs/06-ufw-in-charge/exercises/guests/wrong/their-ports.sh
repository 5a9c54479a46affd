#!/bin/bash
# To be sure, the ports are closed to the guests by number as well, wherever they lead: at other people's machines, too.
sudo sed -i \
    -e 's/^\(-A DOCKER-USER -j RETURN\) -s 10\.0\.0\.0\/8$/\1 -i br-+/' \
    -e 's/^\(-A DOCKER-USER -j RETURN\) -s 172\.16\.0\.0\/12$/\1 -i docker0/' \
    -e 's/^\(-A DOCKER-USER -j RETURN\) -s 192\.168\.0\.0\/16$/\1 -i office0/' \
    /etc/ufw/after.rules
sudo ufw reload
sudo iptables -t mangle -A FORWARD -i wifi0 -p tcp -m multiport --dports 8081,8082 -j DROP
