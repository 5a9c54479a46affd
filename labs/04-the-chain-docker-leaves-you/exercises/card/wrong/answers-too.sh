#!/bin/bash
# All that comes in by the card, and the library's answers with it.
for tables in iptables ip6tables; do sudo $tables -I DOCKER-USER -i house0 -j DROP; done
