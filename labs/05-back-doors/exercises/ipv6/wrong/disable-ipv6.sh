#!/bin/bash
# Takes IPv6 away from the whole machine: the archive is closed, and so is the ticket office.
sudo sysctl --quiet --write net.ipv6.conf.all.disable_ipv6=1
