#!/bin/bash
# Give the namespace a name, and ip netns can work with it. An accept in front of the drop does it as well.
sudo ip netns attach orders "$(docker inspect --format '{{.State.Pid}}' orders)"
sudo ip netns exec orders iptables -I INPUT -p tcp --dport 80 -j ACCEPT
