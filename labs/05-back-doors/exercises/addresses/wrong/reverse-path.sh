#!/bin/bash
# The strict reverse path filter asks whether the *sender* belongs behind that card. He does.
sudo sysctl --quiet --write net.ipv4.conf.all.rp_filter=1
sudo sysctl --quiet --write net.ipv4.conf.ext0.rp_filter=1 net.ipv4.conf.house0.rp_filter=1 net.ipv4.conf.depot0.rp_filter=1
