#!/bin/bash
# ufw's rules are for packets to the machine itself; a published port is forwarded (IPv4) and never asks them.
sudo ufw deny 8081/tcp
