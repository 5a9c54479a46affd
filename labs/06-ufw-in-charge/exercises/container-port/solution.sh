#!/bin/bash
# IPv4: Docker has rewritten the packet before ufw is asked, so what counts is the container's address and its own port.
sudo ufw route allow proto tcp from any to 172.31.1.10 port 80
# IPv6: nothing is rewritten, docker-proxy listens on the machine itself, at the published port.
sudo ufw allow 8080/tcp
