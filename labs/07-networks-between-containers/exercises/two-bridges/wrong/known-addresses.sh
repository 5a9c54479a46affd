#!/bin/bash
# At all the addresses that the machine has now, unless the reception asks. With tomorrow's network it gets one more.
for address in 198.51.100.1 203.0.113.1 172.17.0.1 172.30.1.1 172.30.2.1 172.30.4.1; do
    sudo iptables -I INPUT ! -i lan0 -d $address -p tcp --dport 8082 -j DROP
done
for address in 2001:db8:51::1 2001:db8:52::1 2001:db8:7:4::1; do
    sudo ip6tables -I INPUT ! -i lan0 -d $address -p tcp --dport 8082 -j DROP
done
