#!/bin/bash
# Without the RETURN the ban would be asked, if the listeners' welcome above it had not accepted the packet before.
for tables in iptables ip6tables; do sudo $tables -D DOCKER-USER -j RETURN; done
