#!/bin/bash
# Right for IPv4. The cellar has IPv6 as well.
sudo iptables -t mangle -I PREROUTING ! -i lan0 -p tcp --dport 8082 -m addrtype --dst-type LOCAL -j DROP
sudo iptables -t mangle -I PREROUTING -i lo -p tcp --dport 8082 -j ACCEPT
