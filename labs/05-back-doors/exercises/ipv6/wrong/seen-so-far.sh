#!/bin/bash
# A list of all who have been seen outside. The next thief is not on it.
for address in 2001:db8:51::10 2001:db8:51::20 2001:db8:51::30 2001:db8:52::10 2001:db8:53::10; do
    sudo ip6tables -I INPUT -s $address -p tcp --dport 8081 -j DROP
done
