#!/bin/bash
# Published where the reception and the machine itself ask, and nowhere else. Containers can still send to the reception's
# address of the machine: what comes in by neither of the two cards is dropped.
cd ~/hotel
sed -i 's/"8082:80"/"203.0.113.1:8082:80", "[2001:db8:52::1]:8082:80", "127.0.0.1:8082:80", "[::1]:8082:80"/' compose.yaml
docker compose up --detach
for tables in iptables ip6tables; do
    sudo $tables -t raw -A PREROUTING -i lo -j ACCEPT
    sudo $tables -t raw -A PREROUTING -i lan0 -j ACCEPT
    sudo $tables -t raw -A PREROUTING -p tcp --dport 8082 -m addrtype --dst-type LOCAL -j DROP
done
