#!/bin/bash
# Without the welcome the packet comes as far as the RETURN, and still not to the ban.
for tables in iptables ip6tables; do sudo $tables -D DOCKER-USER -i ext0 -p tcp --dport 80 -j ACCEPT; done
