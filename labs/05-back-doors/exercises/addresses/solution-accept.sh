#!/bin/bash
# A short list of who may, in a chain of its own, for both ways.
for tables in iptables ip6tables; do
    sudo $tables -N CAMERAS
    for card in lo house0; do sudo $tables -A CAMERAS -i $card -j RETURN; done
    sudo $tables -A CAMERAS -j REJECT
done
sudo iptables -I DOCKER-USER -o br-museum -p tcp -m conntrack --ctorigdstport 8082 --ctdir ORIGINAL -j CAMERAS
sudo ip6tables -I INPUT -p tcp --dport 8082 -j CAMERAS
