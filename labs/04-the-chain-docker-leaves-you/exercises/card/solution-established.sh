#!/bin/bash
# First what belongs to something that exists, then nothing more. -I puts a rule on top, so the last one is asked first.
for tables in iptables ip6tables; do
    sudo $tables -I DOCKER-USER -i house0 -j DROP
    sudo $tables -I DOCKER-USER -i house0 -m conntrack --ctstate ESTABLISHED,RELATED -j RETURN
done
