#!/bin/bash
# The same with iptables, in a chain of its own: bridges that compose makes are called br-..., Docker's own is docker0.
# In this Docker there is no DOCKER-USER for IPv6, and nobody else has rules in FORWARD there.
for tables in iptables ip6tables; do
    chain=DOCKER-USER
    sudo $tables -nL DOCKER-USER >/dev/null 2>&1 || chain=FORWARD
    sudo $tables -N DIRECT
    for bridge in br-+ docker0; do sudo $tables -A DIRECT -i $bridge -j RETURN; done
    for bridge in br-+ docker0; do
        sudo $tables -A DIRECT -o $bridge -m conntrack --ctstate NEW -m conntrack ! --ctstate DNAT -j DROP
    done
    sudo $tables -I $chain -j DIRECT
done
