#!/bin/bash
# No new calls, and then the server's end of the connection is closed, in the container's own network.
sudo iptables -I DOCKER-USER -s 198.51.100.77 -p tcp -m conntrack --ctstate NEW --ctorigdstport 8000 -j DROP
sudo ip6tables -I DOCKER-USER -s 2001:db8:51::77 -p tcp -m conntrack --ctstate NEW --ctorigdstport 8000 -j DROP
container=$(docker inspect --format '{{.State.Pid}}' stream)
sudo nsenter --target "$container" --net ss --kill dst 198.51.100.77
sudo nsenter --target "$container" --net ss --kill dst "[2001:db8:51::77]"
