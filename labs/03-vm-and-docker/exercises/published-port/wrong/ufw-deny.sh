#!/bin/bash
# ufw's rule stands in INPUT; the IPv4 packet goes through FORWARD.
sudo ufw deny 8081/tcp
