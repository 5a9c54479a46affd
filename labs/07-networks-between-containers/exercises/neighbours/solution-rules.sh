#!/bin/bash
# Rules alone. With br_netfilter they see also what goes from one container of a bridge to another.
sudo modprobe br_netfilter # in a system container it is the host's business, and done
sudo iptables -I DOCKER-USER -i br-guests -o br-guests -j DROP
sudo iptables -t raw -I PREROUTING -i br-guests -p tcp -m multiport --dports 8101,8102 -m addrtype --dst-type LOCAL -j DROP
