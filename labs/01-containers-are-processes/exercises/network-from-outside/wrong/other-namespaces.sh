#!/bin/bash
# Enters the container's processes and host name, but not its network: iptables still speaks of the machine.
sudo nsenter --target "$(docker inspect --format '{{.State.Pid}}' orders)" --pid --uts iptables -D INPUT -p tcp --dport 80 -j DROP || true
