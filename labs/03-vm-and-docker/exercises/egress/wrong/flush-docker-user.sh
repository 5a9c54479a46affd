#!/bin/bash
# Empties the whole chain: the worker gets out, and strangers get in to statistics and panel.
sudo systemctl disable --now old-firewall
sudo iptables -F DOCKER-USER
