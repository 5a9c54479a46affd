#!/bin/bash
# Port 80 inside is everybody's: site, archive and stream are gone, and the agency is not called any more.
for tables in iptables ip6tables; do sudo $tables -I DOCKER-USER -p tcp --dport 80 -j DROP; done
