#!/bin/bash
# What is for the machine itself is not forwarded. Nothing of it passes DOCKER-USER.
sudo iptables -I DOCKER-USER -i br-+ -p tcp -m multiport --dports 22,7000,9000 -j DROP
sudo iptables -I DOCKER-USER -i docker0 -p tcp -m multiport --dports 22,7000,9000 -j DROP
