#!/bin/bash
# At the three addresses that people have been told. Docker's bridges have some as well, which are the machine's.
for address in 198.51.100.1 203.0.113.1 192.0.2.1; do
    sudo iptables -t raw -I PREROUTING -p udp -d $address --dport 5140 ! -s 198.51.100.20 -j DROP
done
for address in 2001:db8:51::1 2001:db8:52::1 2001:db8:53::1; do
    sudo ip6tables -I INPUT ! -i lo -p udp -d $address --dport 5140 ! -s 2001:db8:51::20 -j DROP
done
