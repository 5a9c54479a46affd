#!/bin/bash
# A list of what is forbidden: it lacks the service that nobody has told you about.
for tables in iptables ip6tables; do
    sudo $tables -I INPUT -i br-+ -p tcp -m multiport --dports 22,9000 -j DROP
    sudo $tables -I INPUT -i docker0 -p tcp -m multiport --dports 22,9000 -j DROP
done
